-- Purpose: forget results of quality checks that are too old.
-- Parameters: @P1 the moment before which they are.
-- Locks: the rows that go.
DELETE FROM audit.quality_result WHERE checked_at < @P1
