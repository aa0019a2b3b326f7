-- Purpose: the key columns of the indexes of all targets at once; an index is known by them, because Babelfish gives it a name
--          of its own. Babelfish also folds the names of tables.
-- Parameters: none.
-- Locks: none.
SELECT s.name, t.name, c.index_id, k.name
FROM sys.index_columns c
JOIN sys.tables t ON t.object_id = c.object_id
JOIN sys.schemas s ON s.schema_id = t.schema_id
JOIN sys.columns k ON k.object_id = c.object_id AND k.column_id = c.column_id
WHERE c.key_ordinal > 0 AND s.name IN ('dim', 'fact')
ORDER BY s.name, t.name, c.index_id, c.key_ordinal
