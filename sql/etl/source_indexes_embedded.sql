-- Purpose: the key columns of the indexes of a table of the source, for the warnings of `etl plan` (ruling 12). The embedded
--          engine has no sys.indexes.
-- Parameters: @P1 table as `core.orders`.
-- Locks: none.
SELECT l.name AS index_name, i.seqno AS position, i.name AS column_name
FROM pragma_index_list(@P1) l
JOIN pragma_index_info(l.name) i ON i.name IS NOT NULL
ORDER BY index_name, position
