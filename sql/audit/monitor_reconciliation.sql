-- Purpose: the newest comparison of source and warehouse by entity, month and measure.
-- Parameters: none.
-- Locks: none beyond those of a reader.
SELECT
    m.entity_name, m.month_id, m.measure, m.source_value, m.warehouse_value, m.rejected_value, m.deleted_value, m.pending_value,
    m.difference_value, m.differing_rows, m.checked_at
FROM audit.reconciliation_month m
ORDER BY m.entity_name, m.month_id, m.measure
