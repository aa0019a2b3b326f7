-- Purpose: move a watermark, in the transaction of the batch; compare and set. What the last complete run had read says nothing
--          any more, until this run is complete too.
-- Parameters: @P1 entity, @P2 new stamp, @P3 new id, @P4 old stamp, @P5 old id, @P6 now.
-- Locks: one row of ctl.etl_control.
UPDATE ctl.etl_control SET watermark_updated_at = @P2, watermark_id = @P3, updated_at = @P6, read_until = NULL
WHERE entity_name = @P1 AND watermark_updated_at = @P4 AND watermark_id = @P5
