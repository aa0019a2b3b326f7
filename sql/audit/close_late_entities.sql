-- Purpose: close rows of entities that a dead connection committed when its run was closed already: a server may carry out the
--          last request of a client that is gone. Only newer runs are looked at; older ones were when they were the newer.
-- Parameters: @P1 locked entities as `,a,b,`, @P2 reason, @P3 now.
-- Locks: those rows of audit.etl_run_entity.
UPDATE audit.etl_run_entity SET status = 'failed', error_message = @P2, entity_finished_at = @P3, updated_at = @P3
WHERE status = 'running' AND @P1 LIKE CONCAT('%,', entity_name, ',%')
    AND run_id IN (
        SELECT r.run_id FROM audit.etl_run r
        WHERE r.status <> 'running' AND r.run_id > (SELECT MAX(m.run_id) - 50 FROM audit.etl_run m)
    )
