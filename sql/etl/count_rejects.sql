-- Purpose: how many rows of each entity wait in quarantine, for `etl status`.
-- Parameters: none.
-- Locks: none.
SELECT entity_name, COUNT(*) FROM audit.etl_reject WHERE resolved_at IS NULL GROUP BY entity_name
