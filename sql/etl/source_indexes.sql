-- Purpose: the key columns of the indexes of a table of the source, for the warnings of `etl plan` (ruling 12).
-- Parameters: @P1 table as `core.orders`.
-- Locks: none.
SELECT i.name AS index_name, c.key_ordinal AS position, k.name AS column_name
FROM sys.indexes i
JOIN sys.index_columns c ON c.object_id = i.object_id AND c.index_id = i.index_id
JOIN sys.columns k ON k.object_id = c.object_id AND k.column_id = c.column_id
WHERE i.object_id = OBJECT_ID(@P1) AND i.is_disabled = 0 AND c.key_ordinal > 0
ORDER BY index_name, position
