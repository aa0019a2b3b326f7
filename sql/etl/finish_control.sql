-- Purpose: how an entity ended.
-- Parameters: @P1 entity, @P2 run, @P3 status, @P4 time of success or NULL, @P5 now, @P6 cutoff up to which all was read, or NULL.
-- Locks: one row of ctl.etl_control.
UPDATE ctl.etl_control SET last_run_id = @P2, last_status = @P3, last_success_at = COALESCE(@P4, last_success_at), updated_at = @P5,
    read_until = COALESCE(@P6, read_until)
WHERE entity_name = @P1
