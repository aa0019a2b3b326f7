-- Purpose: the clock of the source server in UTC. Storing it in DATETIME2(0) would round it up, so it is cut (ruling 4).
-- Parameters: none.
-- Locks: none.
SELECT CAST(CONVERT(VARCHAR(19), SYSUTCDATETIME(), 126) AS DATETIME2(0)) AS clock
