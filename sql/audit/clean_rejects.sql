-- Purpose: forget rejected rows that were resolved too long ago; an open one stays.
-- Parameters: @P1 the moment before which they were.
-- Locks: the rows that go.
DELETE FROM audit.etl_reject WHERE resolved_at < @P1
