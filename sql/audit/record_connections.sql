-- Purpose: capture the sessions of this moment, delete connection events that are too old, and count both: one round trip.
-- Parameters: @P1 days to keep; 0 deletes nothing.
-- Locks: see audit.sp_capture_connection_snapshot and audit.sp_connection_audit_cleanup. Not called inside of a transaction.
DECLARE @added INT, @removed INT = 0;
EXEC @added = audit.sp_capture_connection_snapshot;
IF @P1 > 0 EXEC @removed = audit.sp_connection_audit_cleanup @retention_days = @P1;
SELECT @added AS added, @removed AS removed
