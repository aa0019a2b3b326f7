-- Purpose: let one `init` at a time change the schema of this database.
-- Parameters: @P1 how long to wait, in milliseconds.
-- Locks: the application lock `dw:init:<database>` of this session.
DECLARE @result INT;
DECLARE @name NVARCHAR(255) = N'dw:init:' + DB_NAME();
EXEC @result = sp_getapplock @Resource = @name, @LockMode = 'Exclusive', @LockOwner = 'Session', @LockTimeout = @P1;
SELECT @result AS result
