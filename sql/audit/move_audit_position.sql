-- Purpose: move how far the audit file is read, to the last buffer of the staged events. No row when somebody else moved it.
-- Parameters: @P1 now, @P2 file and @P3 offset of the position from which the events were staged.
-- Locks: one row of ctl.audit_file_position.
UPDATE ctl.audit_file_position
SET file_name = (SELECT TOP (1) s.file_name FROM #audit_event s ORDER BY s.file_name DESC, s.audit_file_offset DESC),
    audit_file_offset = (SELECT TOP (1) s.audit_file_offset FROM #audit_event s ORDER BY s.file_name DESC, s.audit_file_offset DESC),
    event_time_utc = (SELECT MAX(s.event_time_utc) FROM #audit_event s),
    updated_at = @P1
WHERE audit_name = 'DW_SERVER_AUDIT' AND file_name = @P2 AND audit_file_offset = @P3
