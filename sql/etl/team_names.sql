-- Purpose: the name of every team: that of the source, with the key behind it from the second team of one name on, because the
--          name is unique here and not in the source (defect S22). An inferred team is '#<key>'. Where another team really
--          has the made name, or it is too long, the name is '#<key>' behind a blank that cannot be broken (160).
-- Parameters: none.
-- Locks: none; the caller updates what differs.
SELECT n.equipe_id,
       CASE WHEN n.ordem = 1 THEN n.nome_equipe
            WHEN LEN(n.nome_equipe) <= 120
             AND NOT EXISTS (SELECT 1 FROM dim.DIM_EQUIPE r WHERE r.nome_origem = n.nome_equipe AND r.equipe_id <> n.equipe_id)
            THEN n.nome_equipe
            ELSE CONCAT(CHAR(160), '#', n.equipe_original_id) END AS nome_equipe
FROM (
    SELECT e.equipe_id, e.equipe_original_id, CASE WHEN e.nome_origem IS NULL THEN 0 ELSE e.ordem END AS ordem,
           CASE WHEN e.nome_origem IS NULL THEN CONCAT('#', e.equipe_original_id)
                WHEN e.ordem = 1 THEN e.nome_origem
                ELSE CONCAT(e.nome_origem, ' (#', e.equipe_original_id, ')') END AS nome_equipe
    FROM (
        SELECT d.equipe_id, d.equipe_original_id, d.nome_origem,
               ROW_NUMBER() OVER (PARTITION BY d.nome_origem ORDER BY d.equipe_original_id) AS ordem
        FROM dim.DIM_EQUIPE d
    ) e
) n
