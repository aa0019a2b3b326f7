-- Purpose: the name of every team: that of the source, with the key behind it from the second team of one name on, because the
--          name is unique here and not in the source (defect S22).
-- Parameters: none.
-- Locks: none; the caller updates what differs.
SELECT e.equipe_id,
       CASE WHEN e.nome_origem IS NULL THEN CONCAT('#', e.equipe_original_id)
            WHEN e.ordem = 1 THEN e.nome_origem
            ELSE CONCAT(e.nome_origem, ' (#', e.equipe_original_id, ')') END AS nome_equipe
FROM (
    SELECT d.equipe_id, d.equipe_original_id, d.nome_origem,
           ROW_NUMBER() OVER (PARTITION BY d.nome_origem ORDER BY d.equipe_original_id) AS ordem
    FROM dim.DIM_EQUIPE d
) e
