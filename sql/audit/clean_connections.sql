-- Purpose: delete connection events that are too old, and count them.
-- Parameters: @P1 days to keep.
-- Locks: see audit.sp_connection_audit_cleanup. Not called inside of a transaction.
DECLARE @removed INT;
EXEC @removed = audit.sp_connection_audit_cleanup @retention_days = @P1;
SELECT @removed AS removed
