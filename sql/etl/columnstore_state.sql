-- Purpose: how many columnstore indexes a table has, and how many rows.
-- Parameters: @P1 table as `fact.FACT_VENDAS`.
-- Locks: none.
SELECT
    (SELECT COUNT(*) FROM sys.indexes i WHERE i.object_id = OBJECT_ID(@P1) AND i.type IN (5, 6)) AS columnstores,
    (SELECT COALESCE(SUM(p.rows), 0) FROM sys.partitions p WHERE p.object_id = OBJECT_ID(@P1) AND p.index_id IN (0, 1)) AS stored_rows
