-- Purpose: the kinds of groups that wait to be derived.
-- Parameters: none.
-- Locks: none.
SELECT DISTINCT group_kind FROM ctl.etl_affected_group
