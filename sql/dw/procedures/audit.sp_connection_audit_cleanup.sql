-- Purpose: delete the connection events that are older than so many days.
-- Parameters: @retention_days, 1 or more; less counts as 1, NULL as 30. Returns how many rows were deleted.
-- Locks: rows of audit.connection_login_events, 4000 at a time and each time in a transaction of its own, so that no table
--          lock is taken and a capture never waits for long. Called inside of a transaction, they are kept until its end.
-- Corrected: bounded portions. The age is counted from the server's clock in UTC, as event_time_utc is.
DROP PROCEDURE IF EXISTS audit.sp_connection_audit_cleanup;
GO
CREATE PROCEDURE audit.sp_connection_audit_cleanup
    @retention_days INT = 30
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @days INT = COALESCE(@retention_days, 30);
    IF @days < 1 SET @days = 1;
    -- A date before the first year is an error.
    IF @days > 36500 SET @days = 36500;

    DECLARE @oldest DATETIME2(3) = DATEADD(DAY, -@days, SYSUTCDATETIME());
    DECLARE @portion INT = 4000;
    DECLARE @deleted INT = @portion;
    DECLARE @removed INT = 0;

    WHILE @deleted = @portion
    BEGIN
        DELETE TOP (4000) FROM audit.connection_login_events WHERE event_time_utc < @oldest;
        SET @deleted = @@ROWCOUNT;
        SET @removed = @removed + @deleted;
    END;

    RETURN @removed;
END;
