-- Purpose: let the next `init` in.
-- Parameters: none.
-- Locks: frees the application lock `dw:init:<database>` of this session.
DECLARE @result INT;
DECLARE @name NVARCHAR(255) = N'dw:init:' + DB_NAME();
EXEC @result = sp_releaseapplock @Resource = @name, @LockOwner = 'Session';
SELECT @result AS result
