-- Purpose: the keys that are read again whatever their stamp: rows in quarantine, and rows that hold a placeholder.
-- Parameters: none.
-- Locks: none.
SELECT r.entity_name, r.source_key FROM audit.etl_reject r WHERE r.resolved_at IS NULL
UNION
SELECT p.entity_name, p.source_key FROM ctl.etl_parked p
ORDER BY 1, 2
