-- Purpose: a changed target changes the goals of its seller's team.
-- Parameters: @P1 highest group of this step.
-- Locks: the new rows of ctl.etl_affected_group.
INSERT INTO ctl.etl_affected_group (group_kind, group_id)
SELECT DISTINCT 'equipe', v.equipe_id
FROM ctl.etl_affected_group g
JOIN dim.DIM_VENDEDOR v ON v.vendedor_id = g.group_id
WHERE g.group_kind = 'vendedor' AND g.group_id <= @P1 AND v.equipe_id IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM ctl.etl_affected_group h WHERE h.group_kind = 'equipe' AND h.group_id = v.equipe_id)
