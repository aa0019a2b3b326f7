-- Purpose: the entities whose quality was checked lately, behind a run.
-- Parameters: @P1 since when.
-- Locks: none beyond those of a reader.
SELECT DISTINCT q.entity_name FROM audit.quality_result q WHERE q.checked_at >= @P1
