//! A strict CSV reader that finds its way back after a broken line.
//!
//! RFC 4180 with UTF-8 byte order mark, LF or CRLF, and line breaks inside quotes where the file has free text. A quote that is
//! never closed would swallow the rest of the file in a reader that only follows the grammar; here such a line is reported and
//! reading goes on with the line behind it. Not here: what the fields mean (see [`super::source`]).

use std::collections::VecDeque;
use std::io::{self, BufRead, Read};

use super::log::Reject;
use super::report::ReasonCode;

/// Bytes of one physical line at most; the longest of the data set has less than one thousand.
const MAX_LINE: u64 = 1 << 20;
/// Physical lines of one record at most: a review of more lines is an unclosed quote.
const MAX_LINES: usize = 100;

/// The fields of one record, in buffers that are used again.
#[derive(Debug, Default)]
pub(super) struct RawRecord {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// The physical line at which the record begins.
    pub(super) line: u64,
}

impl RawRecord {
    /// Number of fields.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The field at `index`, empty past the end.
    pub(super) fn field(&self, index: usize) -> &[u8] {
        let Some(end) = self.ends.get(index) else {
            return &[];
        };
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.bytes.get(start..*end).unwrap_or(&[])
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    fn end_field(&mut self) {
        self.ends.push(self.bytes.len());
    }
}

/// One physical line.
#[derive(Debug)]
enum Line {
    Text(u64, Vec<u8>),
    TooLong(u64),
}

/// How far the text of one or more lines got as a record.
#[derive(Debug, PartialEq, Eq)]
enum Split {
    Complete,
    OpenQuote,
    TextBehindQuote,
}

/// Reads records from a byte stream.
#[derive(Debug)]
pub(super) struct Records<R> {
    input: R,
    lines_read: u64,
    /// Lines that were read for a record that turned out to be broken.
    again: VecDeque<Line>,
    multiline: bool,
    expected: Option<usize>,
}

impl<R: BufRead> Records<R> {
    /// A reader; `multiline` allows line breaks inside quotes.
    pub(super) fn new(input: R, multiline: bool) -> Self {
        Self { input, lines_read: 0, again: VecDeque::new(), multiline, expected: None }
    }

    /// From now on every record has that many fields.
    pub(super) fn expect(&mut self, fields: usize) {
        self.expected = Some(fields);
    }

    /// Reads the next record into `record`. `Ok(None)` at the end; a rejection is about the line `record.line` alone.
    pub(super) fn next(&mut self, record: &mut RawRecord) -> io::Result<Option<Result<(), Reject>>> {
        let (line, first) = loop {
            match self.next_line()? {
                None => return Ok(None),
                Some(Line::TooLong(line)) => {
                    record.clear();
                    record.line = line;
                    let reason = format!("the line is longer than {MAX_LINE} bytes");
                    return Ok(Some(Err(Reject::new(ReasonCode::LineTooLong, reason))));
                }
                Some(Line::Text(_, text)) if text.iter().all(u8::is_ascii_whitespace) => {}
                Some(Line::Text(line, text)) => break (line, text),
            }
        };
        record.line = line;
        let mut text = first;
        let mut more: Vec<Line> = Vec::new();
        let reject = loop {
            match split(&text, record) {
                Split::Complete => match self.expected {
                    Some(expected) if expected != record.len() => {
                        break Reject::new(
                            ReasonCode::WrongFieldCount,
                            format!("{} fields where the header has {expected}", record.len()),
                        );
                    }
                    _ => return Ok(Some(Ok(()))),
                },
                Split::TextBehindQuote => {
                    break Reject::new(ReasonCode::BrokenLine, "text behind a closing quote");
                }
                Split::OpenQuote => {
                    let open = || Reject::new(ReasonCode::BrokenLine, "a quote is not closed");
                    if !self.multiline || more.len() + 1 >= MAX_LINES {
                        break open();
                    }
                    match self.next_line()? {
                        Some(Line::Text(number, next)) => {
                            text.push(b'\n');
                            text.extend_from_slice(&next);
                            more.push(Line::Text(number, next));
                        }
                        Some(too_long) => {
                            more.push(too_long);
                            break open();
                        }
                        None => break open(),
                    }
                }
            }
        };
        // Only the first line is given up: the lines behind it may well be sound records.
        for line in more.into_iter().rev() {
            self.again.push_front(line);
        }
        Ok(Some(Err(reject)))
    }

    fn next_line(&mut self) -> io::Result<Option<Line>> {
        if let Some(line) = self.again.pop_front() {
            return Ok(Some(line));
        }
        let mut text = Vec::new();
        let read = self.input.by_ref().take(MAX_LINE).read_until(b'\n', &mut text)?;
        if read == 0 {
            return Ok(None);
        }
        self.lines_read += 1;
        if text.last() == Some(&b'\n') {
            let _ = text.pop();
        } else if u64::try_from(read).unwrap_or(u64::MAX) >= MAX_LINE {
            self.skip_line()?;
            return Ok(Some(Line::TooLong(self.lines_read)));
        }
        if text.last() == Some(&b'\r') {
            let _ = text.pop();
        }
        if self.lines_read == 1 && text.starts_with(&[0xEF, 0xBB, 0xBF]) {
            drop(text.drain(..3));
        }
        Ok(Some(Line::Text(self.lines_read, text)))
    }

    /// Reads up to the next line break without keeping anything.
    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                return Ok(());
            }
            let found = buffer.iter().position(|byte| *byte == b'\n');
            let used = found.map_or(buffer.len(), |at| at + 1);
            self.input.consume(used);
            if found.is_some() {
                return Ok(());
            }
        }
    }
}

/// Splits one record into its fields. A quote inside of an unquoted field is a character like any other.
fn split(text: &[u8], record: &mut RawRecord) -> Split {
    record.clear();
    let mut at = 0;
    loop {
        if text.get(at) == Some(&b'"') {
            at += 1;
            loop {
                match (text.get(at), text.get(at + 1)) {
                    (None, _) => return Split::OpenQuote,
                    (Some(b'"'), Some(b'"')) => {
                        record.bytes.push(b'"');
                        at += 2;
                    }
                    (Some(b'"'), _) => {
                        at += 1;
                        break;
                    }
                    (Some(byte), _) => {
                        record.bytes.push(*byte);
                        at += 1;
                    }
                }
            }
            if !matches!(text.get(at), None | Some(b',')) {
                return Split::TextBehindQuote;
            }
        } else {
            let rest = text.get(at..).unwrap_or(&[]);
            let end = rest.iter().position(|byte| *byte == b',').unwrap_or(rest.len());
            record.bytes.extend_from_slice(rest.get(..end).unwrap_or(&[]));
            at += end;
        }
        record.end_field();
        if at >= text.len() {
            return Split::Complete;
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Outcome = (u64, Result<Vec<String>, ReasonCode>);

    fn all(text: &[u8], multiline: bool, fields: usize) -> Vec<Outcome> {
        let mut records = Records::new(text, multiline);
        records.expect(fields);
        let mut record = RawRecord::default();
        let mut found = Vec::new();
        while let Some(outcome) = records.next(&mut record).unwrap() {
            let fields = outcome.map_err(|reject| reject.code).map(|()| {
                (0..record.len()).map(|index| String::from_utf8_lossy(record.field(index)).into_owned()).collect()
            });
            found.push((record.line, fields));
        }
        found
    }

    fn row(line: u64, fields: &[&str]) -> Outcome {
        (line, Ok(fields.iter().map(|field| (*field).to_owned()).collect()))
    }

    #[test]
    fn quotes_line_breaks_bom_and_crlf_are_read() {
        let text = b"\xEF\xBB\xBFa,\"b,\"\"x\"\"\"\r\n\r\nc,\"two\r\nlines\"\r\n,\r\n\"\",e\"f";
        let expected =
            [row(1, &["a", "b,\"x\""]), row(3, &["c", "two\nlines"]), row(5, &["", ""]), row(6, &["", "e\"f"])];
        assert_eq!(all(text, true, 2), expected);
    }

    #[test]
    fn an_open_quote_costs_one_line_and_not_the_rest_of_the_file() {
        let broken = |line| (line, Err(ReasonCode::BrokenLine));
        assert_eq!(all(b"a,\"b\nc,d\n", false, 2), [broken(1), row(2, &["c", "d"])]);
        assert_eq!(all(b"a,\"b\nc,d\n", true, 2), [broken(1), row(2, &["c", "d"])]);
        // The quote of a later record closes it, and the text behind gives it away.
        assert_eq!(all(b"a,\"b\nc,\"d\"\ne,f\n", true, 2), [broken(1), row(2, &["c", "d"]), row(3, &["e", "f"])]);
    }

    #[test]
    fn a_wrong_number_of_fields_is_told() {
        assert_eq!(
            all(b"a\nb,c\nd,e,f", false, 2),
            [(1, Err(ReasonCode::WrongFieldCount)), row(2, &["b", "c"]), (3, Err(ReasonCode::WrongFieldCount))]
        );
    }

    #[test]
    fn a_line_without_end_is_not_kept_in_memory() {
        let mut text = vec![b'x'; 3 << 20];
        text.extend_from_slice(b"\na,b\n");
        assert_eq!(all(&text, false, 2), [(1, Err(ReasonCode::LineTooLong)), row(2, &["a", "b"])]);
    }

    proptest! {
        #[test]
        fn what_a_csv_writer_writes_is_read_back(rows in prop::collection::vec(prop::collection::vec("[a-z,\" \n]{0,8}", 3), 1..8)) {
            let mut text = String::new();
            for fields in &rows {
                let quoted: Vec<String> = fields.iter().map(|field| format!("\"{}\"", field.replace('"', "\"\""))).collect();
                text.push_str(&quoted.join(","));
                text.push('\n');
            }
            let read: Vec<Vec<String>> = all(text.as_bytes(), true, 3).into_iter().filter_map(|(_, fields)| fields.ok()).collect();
            prop_assert_eq!(read, rows);
        }

        #[test]
        fn no_bytes_make_it_fail(bytes in prop::collection::vec(any::<u8>(), 0..200), multiline in any::<bool>()) {
            let _ = all(&bytes, multiline, 2);
        }
    }
}
