-- Purpose: the table of this session for what is read of the audit file.
-- Parameters: none, so that the table outlives the batch.
-- Locks: none that anybody else sees.
-- The collation is named, because that of tempdb may be another one than that of the warehouse.
IF OBJECT_ID(N'tempdb..#audit_event') IS NOT NULL DROP TABLE #audit_event;
CREATE TABLE #audit_event (
    file_name NVARCHAR(260) COLLATE DATABASE_DEFAULT NOT NULL,
    audit_file_offset BIGINT NOT NULL,
    event_time_utc DATETIME2(3) NOT NULL,
    session_id SMALLINT NULL,
    login_name NVARCHAR(128) COLLATE DATABASE_DEFAULT NULL,
    program_name NVARCHAR(256) COLLATE DATABASE_DEFAULT NULL,
    database_name NVARCHAR(128) COLLATE DATABASE_DEFAULT NULL,
    status NVARCHAR(30) COLLATE DATABASE_DEFAULT NOT NULL,
    client_net_address VARCHAR(48) COLLATE DATABASE_DEFAULT NULL,
    is_recorded BIT NOT NULL
)
