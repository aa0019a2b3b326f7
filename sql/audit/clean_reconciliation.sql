-- Purpose: make room for the newest comparison of an entity.
-- Parameters: @P1 entity.
-- Locks: the rows of the entity.
DELETE FROM audit.reconciliation_month WHERE entity_name = @P1
