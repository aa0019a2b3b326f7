-- Purpose: let the next `init` in.
-- Parameters: none.
-- Locks: frees the application lock `dw:init` of this session.
DECLARE @result INT;
EXEC @result = sp_releaseapplock @Resource = 'dw:init', @LockOwner = 'Session';
SELECT @result AS result
