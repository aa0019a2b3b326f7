//! Splits a T-SQL script at its `GO` lines, as sqlcmd and SSMS do. Not here: which scripts there are (see
//! [`super::known`]) and whether they run (see [`super::plan`]).
//!
//! `GO` is no T-SQL: the server has never heard of it. A client that splits by pattern cuts a procedure whose comment or
//! literal has a line `GO`, so this one knows literals, quoted identifiers and comments, which nest. The rules:
//!
//! * a separator is a line with nothing but `GO`, in any case, perhaps a count, and comments before or behind it;
//! * `GO 3` repeats the batch before it; 0, a negative number or anything else behind `GO` is an error, because sqlcmd runs
//!   a batch with `GO 0` not at all and says nothing;
//! * `GO;` is an error: sqlcmd takes it for a part of the batch and the server refuses it, in the middle of a script;
//! * a batch of blanks and comments alone is left out.

use std::fmt;

/// What is sent to the server at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The statements, without blanks around them, with their comments.
    pub text: String,
    /// The line of the script at which [`Batch::text`] begins, from 1. A message of the server about line `n` of the batch is
    /// about line `line + n - 1` of the script.
    pub line: usize,
    /// How often it is run, at least 1.
    pub repeat: u32,
}

/// Why a script cannot be split.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct SplitError {
    /// The line of the script, from 1: of the separator, or where the unfinished part begins.
    pub line: usize,
    /// What is wrong there.
    pub problem: SplitProblem,
}

/// What is wrong with a script. The text is a fragment that fits behind `line 7:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SplitProblem {
    /// A literal, quoted identifier or comment that does not end.
    Unterminated(Enclosure),
    /// What stands behind `GO` is no number of repetitions.
    Count(String),
    /// `GO;`.
    Semicolon,
}

/// A part of a script inside of which `GO` means nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enclosure {
    /// `'...'`, also behind `N`.
    Literal,
    /// `"..."`.
    QuotedIdentifier,
    /// `[...]`.
    BracketedIdentifier,
    /// `/* ... */`.
    BlockComment,
}

impl fmt::Display for Enclosure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Literal => "the literal that begins here has no closing `'`",
            Self::QuotedIdentifier => "the identifier that begins here has no closing `\"`",
            Self::BracketedIdentifier => "the identifier that begins here has no closing `]`",
            Self::BlockComment => "the comment that begins here has no closing `*/`; comments nest",
        })
    }
}

impl fmt::Display for SplitProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unterminated(enclosure) => enclosure.fmt(f),
            Self::Count(found) => {
                write!(f, "`GO` is followed by `{found}`, which is no count of 1 or more; a name is written `[GO]`")
            }
            Self::Semicolon => f.write_str("`GO` takes no semicolon"),
        }
    }
}

/// The batches of a script in order. Lines end with LF or CRLF; a byte order mark at the start is left out.
///
/// # Errors
/// [`SplitError`] when a literal, identifier or comment does not end, or a separator has a count that is none.
pub fn split(script: &str) -> Result<Vec<Batch>, SplitError> {
    let mut scanner = Scanner::new(script.strip_prefix('\u{feff}').unwrap_or(script));
    let mut batches = Vec::new();
    while !scanner.rest.is_empty() {
        batches.extend(scanner.batch()?);
    }
    Ok(batches)
}

struct Scanner<'a> {
    /// What is not read yet.
    rest: &'a str,
    /// The line of its first character, from 1.
    line: usize,
    /// True when this line has had only blanks and comments so far.
    line_is_bare: bool,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str) -> Self {
        Self { rest: text, line: 1, line_is_bare: true }
    }

    /// Reads up to the next separator, and it too. `None` when there was no statement.
    fn batch(&mut self) -> Result<Option<Batch>, SplitError> {
        let (from, from_line) = (self.rest, self.line);
        let (mut has_statement, mut repeat) = (false, 1);
        let mut end = from.len();
        while let Some(next) = self.rest.chars().next() {
            if self.is_at_separator() {
                end = from.len() - self.rest.len();
                repeat = self.separator()?;
                break;
            }
            if next == '\n' {
                self.advance(1);
                self.line_is_bare = true;
                continue;
            }
            let is_comment = self.skip_comment()?;
            if is_comment {
                continue;
            }
            self.skip_token(next)?;
            if !next.is_whitespace() {
                has_statement = true;
                self.line_is_bare = false;
            }
        }
        let text = &from[..end];
        let leading = text.len() - text.trim_start().len();
        Ok(has_statement.then(|| Batch {
            text: text.trim().to_owned(),
            line: from_line + newlines(&text[..leading]),
            repeat,
        }))
    }

    /// Reads a literal, an identifier, a word, or one character. A word is read as a whole, so that `xGO` has no `GO`.
    fn skip_token(&mut self, next: char) -> Result<(), SplitError> {
        match next {
            '\'' => self.skip_quoted('\'', Enclosure::Literal),
            '"' => self.skip_quoted('"', Enclosure::QuotedIdentifier),
            '[' => self.skip_quoted(']', Enclosure::BracketedIdentifier),
            _ => {
                self.advance(word_length(self.rest).max(next.len_utf8()));
                Ok(())
            }
        }
    }

    /// Reads what starts with a quote and ends with `close`; a doubled `close` stays inside.
    fn skip_quoted(&mut self, close: char, enclosure: Enclosure) -> Result<(), SplitError> {
        let mut at = 1;
        while let Some(found) = self.rest[at..].find(close) {
            at += found + 1;
            if !self.rest[at..].starts_with(close) {
                self.advance(at);
                return Ok(());
            }
            at += 1;
        }
        Err(self.unterminated(enclosure))
    }

    /// Reads a comment, if there is one here; a line comment without the end of its line.
    fn skip_comment(&mut self) -> Result<bool, SplitError> {
        if self.rest.starts_with("--") {
            self.advance(self.rest.find('\n').unwrap_or(self.rest.len()));
            return Ok(true);
        }
        if !self.rest.starts_with("/*") {
            return Ok(false);
        }
        let length = block_comment_length(self.rest).ok_or_else(|| self.unterminated(Enclosure::BlockComment))?;
        // What follows on the last line of a comment of many lines is that line's first word.
        self.line_is_bare |= self.rest[..length].contains('\n');
        self.advance(length);
        Ok(true)
    }

    /// True at a word `GO` that is the first of its line and has nothing of a name or an expression attached.
    fn is_at_separator(&self) -> bool {
        self.line_is_bare
            && word_length(self.rest) == 2
            && self.rest[..2].eq_ignore_ascii_case("go")
            && (self.rest[2..].starts_with(|c: char| c.is_whitespace() || c == ';')
                || self.rest.len() == 2
                || starts_comment(&self.rest[2..]))
    }

    /// Reads a separator with the rest of its line and returns its count. A comment behind it that goes on in the next line
    /// belongs to the next batch.
    fn separator(&mut self) -> Result<u32, SplitError> {
        self.advance(2);
        let mut repeat = None;
        loop {
            self.advance(self.rest.len() - self.rest.trim_start_matches(is_blank).len());
            let Some(next) = self.rest.chars().next() else { break };
            if next == '\n' {
                self.advance(1);
                break;
            }
            if starts_comment(self.rest) {
                let before = (self.rest, self.line);
                self.skip_comment()?;
                if self.line > before.1 {
                    (self.rest, self.line) = before;
                    break;
                }
                continue;
            }
            repeat = Some(self.count(next, repeat)?);
        }
        self.line_is_bare = true;
        Ok(repeat.unwrap_or(1))
    }

    fn count(&mut self, next: char, before: Option<u32>) -> Result<u32, SplitError> {
        let end = self.rest.find(|c: char| c.is_whitespace() || c == ';').unwrap_or(self.rest.len());
        // `GO 3--x` has a comment too.
        let end = (0..end).find(|at| self.rest.get(*at..).is_some_and(starts_comment)).unwrap_or(end);
        let found = &self.rest[..end];
        let problem = match found.parse::<u32>() {
            _ if next == ';' => SplitProblem::Semicolon,
            // `+3` would be a number for `parse`.
            Ok(count) if count > 0 && before.is_none() && next.is_ascii_digit() => {
                self.advance(end);
                return Ok(count);
            }
            _ => SplitProblem::Count(found.to_owned()),
        };
        Err(SplitError { line: self.line, problem })
    }

    fn unterminated(&self, enclosure: Enclosure) -> SplitError {
        SplitError { line: self.line, problem: SplitProblem::Unterminated(enclosure) }
    }

    fn advance(&mut self, bytes: usize) {
        self.line += newlines(&self.rest[..bytes]);
        self.rest = &self.rest[bytes..];
    }
}

/// The bytes of the block comment that starts the text; `None` when it does not end. T-SQL's comments nest.
fn block_comment_length(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    loop {
        let pair = text.as_bytes().get(at..at + 2)?;
        match pair {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return Some(at);
        }
    }
}

fn starts_comment(text: &str) -> bool {
    text.starts_with("--") || text.starts_with("/*")
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() && c != '\n'
}

/// The bytes of the word that starts the text; 0 when none does.
fn word_length(text: &str) -> usize {
    text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '@' | '#' | '$'))).unwrap_or(text.len())
}

fn newlines(text: &str) -> usize {
    text.matches('\n').count()
}

#[cfg(test)]
mod tests;
