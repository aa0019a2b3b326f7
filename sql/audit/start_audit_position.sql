-- Purpose: note for the first time how far the audit file is read: to the last buffer of the staged events.
-- Parameters: @P1 now.
-- Locks: one row of ctl.audit_file_position.
INSERT INTO ctl.audit_file_position (audit_name, file_name, audit_file_offset, event_time_utc, updated_at)
SELECT TOP (1)
    'DW_SERVER_AUDIT', s.file_name, s.audit_file_offset, (SELECT MAX(m.event_time_utc) FROM #audit_event m), @P1
FROM #audit_event s
ORDER BY s.file_name DESC, s.audit_file_offset DESC
