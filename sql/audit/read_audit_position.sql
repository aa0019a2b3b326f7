-- Purpose: how far the audit file is read.
-- Parameters: none.
-- Locks: none beyond those of a reader.
SELECT file_name, audit_file_offset, event_time_utc FROM ctl.audit_file_position WHERE audit_name = 'DW_SERVER_AUDIT'
