-- Purpose: let one `init` at a time change the schema of this database.
-- Parameters: @P1 how long to wait, in milliseconds.
-- Locks: the application lock `dw:init` of this session.
DECLARE @result INT;
EXEC @result = sp_getapplock @Resource = 'dw:init', @LockMode = 'Exclusive', @LockOwner = 'Session', @LockTimeout = @P1;
SELECT @result AS result
