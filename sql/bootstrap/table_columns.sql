-- Purpose: the columns of all tables and views of the stack's schemas as the server has them, to be compared with the tables
--          that the program knows. What the login may not see is not among them.
-- Parameters: none.
-- Locks: none. One view and no join: Babelfish needs ten times as long to leave the views out.
SELECT c.TABLE_SCHEMA, c.TABLE_NAME, c.COLUMN_NAME, c.DATA_TYPE,
       CAST(c.CHARACTER_MAXIMUM_LENGTH AS INT) AS character_maximum_length,
       CAST(c.NUMERIC_PRECISION AS INT) AS numeric_precision,
       CAST(c.NUMERIC_SCALE AS INT) AS numeric_scale,
       CAST(c.DATETIME_PRECISION AS INT) AS datetime_precision,
       CASE WHEN c.IS_NULLABLE = 'YES' THEN 1 ELSE 0 END AS nullable
FROM INFORMATION_SCHEMA.COLUMNS c
WHERE c.TABLE_SCHEMA IN ('core', 'dim', 'fact', 'ctl', 'audit')
ORDER BY c.TABLE_SCHEMA, c.TABLE_NAME, c.ORDINAL_POSITION
