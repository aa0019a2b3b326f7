-- Purpose: the key columns of the indexes of a table, or of all targets, each index by its columns in order. An index is known
--          by them, because Babelfish gives it a name of its own; it also folds the names of tables.
-- Parameters: @P1 table as `dim.DIM_CLIENTE`, or NULL for all targets of the warehouse.
-- Locks: none.
DECLARE @table INT = OBJECT_ID(CAST(@P1 AS NVARCHAR(300)));
SELECT s.name, t.name, c.key_ordinal, k.name
FROM sys.index_columns c
JOIN sys.tables t ON t.object_id = c.object_id
JOIN sys.schemas s ON s.schema_id = t.schema_id
JOIN sys.columns k ON k.object_id = c.object_id AND k.column_id = c.column_id
WHERE c.key_ordinal > 0 AND (c.object_id = @table OR (@P1 IS NULL AND s.name IN ('dim', 'fact')))
ORDER BY s.name, t.name, c.index_id, c.key_ordinal
