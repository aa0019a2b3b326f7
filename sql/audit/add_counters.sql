-- Purpose: add what one batch did to the row of its entity, in the transaction of the batch.
-- Parameters: @P1 run, @P2 entity, @P3 extracted, @P4 inserted, @P5 updated, @P6 unchanged, @P7 soft-deleted, @P8 rejected,
--             @P9 inferred, @P10 now.
-- Locks: one row of audit.etl_run_entity.
UPDATE audit.etl_run_entity
SET extracted_count = extracted_count + @P3, inserted_count = inserted_count + @P4, updated_count = updated_count + @P5,
    upserted_count = upserted_count + @P4 + @P5, unchanged_count = unchanged_count + @P6,
    soft_deleted_count = soft_deleted_count + @P7, rejected_count = rejected_count + @P8,
    inferred_count = inferred_count + @P9, batch_count = batch_count + 1, updated_at = @P10
WHERE run_id = @P1 AND entity_name = @P2
