-- Purpose: the key columns of the indexes of a table, by which an index is known: Babelfish gives it a name of its own.
-- Parameters: @P1 table as `dim.DIM_CLIENTE`.
-- Locks: none.
SELECT c.index_id, c.key_ordinal, k.name
FROM sys.index_columns c
JOIN sys.columns k ON k.object_id = c.object_id AND k.column_id = c.column_id
WHERE c.object_id = OBJECT_ID(@P1) AND c.key_ordinal > 0
ORDER BY c.index_id, c.key_ordinal
