-- Purpose: when the last run of each entity ended, for `etl status`.
-- Parameters: none.
-- Locks: none.
SELECT c.entity_name, e.entity_finished_at
FROM ctl.etl_control c
JOIN audit.etl_run_entity e ON e.run_id = c.last_run_id AND e.entity_name = c.entity_name
