-- Purpose: the age in seconds of the oldest open transaction that has written to this database; NULL when there is none
--          (ruling 4). A row that it changed may carry a stamp as old as that.
-- Parameters: none.
-- Locks: none. Needs VIEW SERVER STATE.
SELECT MAX(DATEDIFF(SECOND, t.database_transaction_begin_time, GETDATE()) + 1) AS age
FROM sys.dm_tran_database_transactions t
JOIN sys.dm_tran_session_transactions s ON s.transaction_id = t.transaction_id
WHERE t.database_id = DB_ID() AND t.database_transaction_type = 1 AND t.database_transaction_begin_time IS NOT NULL
  AND s.session_id <> @@SPID
