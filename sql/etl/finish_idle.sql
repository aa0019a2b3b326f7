-- Purpose: how the entities ended that had nothing to do.
-- Parameters: @P1 run, @P2 entities as `,a,b,`, @P3 now, @P4 cutoff up to which all was read, or NULL.
-- Locks: their rows of ctl.etl_control.
UPDATE ctl.etl_control SET last_run_id = @P1, last_status = 'success', last_success_at = @P3, updated_at = @P3,
    read_until = COALESCE(@P4, read_until)
WHERE @P2 LIKE CONCAT('%,', entity_name, ',%')
