//! From pairs to a connection string: which values each keyword takes, and what happens to a repeated one.
//! Not here: the quoting (`tokens`) and the list of keywords (`keywords`).

use std::ops::RangeInclusive;

use super::keywords::{Keyword, Meaning};
use super::tokens::{Form, Pair};
use super::{ConnectionString, ConnectionStringError, IgnoredKeyword, server};
use crate::config::key::{COMMAND_SECONDS, CONNECT_SECONDS};
use crate::config::secret::Secret;

type Parsed<T> = Result<T, ConnectionStringError>;

/// What has been read so far.
pub(super) struct Draft {
    form: Form,
    seen: Vec<&'static str>,
    /// The port of the keyword `Port`; that of the server stands in `named`.
    port: Option<u16>,
    named: ConnectionString,
}

impl Draft {
    /// A string that names nothing yet.
    pub fn new(form: Form) -> Self {
        Self { form, seen: Vec::new(), port: None, named: ConnectionString::silent() }
    }

    /// Takes one pair. In ADO.NET the last one of a keyword wins, and an empty value takes back what was said. By the
    /// rules of ODBC the first one wins, which few people know, so there a repeated keyword is refused.
    pub fn take(&mut self, keyword: &'static Keyword, spelling: &'static str, pair: &Pair<'_>) -> Parsed<()> {
        if self.form == Form::Odbc && self.seen.contains(&keyword.name) {
            let message =
                format!("names `{}` twice (the second time as `{spelling}`); keep one of the two", keyword.name);
            return Err(ConnectionStringError(message));
        }
        self.seen.push(keyword.name);
        // Somebody who takes a string of ODBC and leaves out the driver would log in with a password in braces.
        if self.form == Form::Ado && !pair.quoted && pair.value.starts_with('{') && pair.value.ends_with('}') {
            return Err(ConnectionStringError(format!(
                "has braces around the value of `{spelling}`; quote it as \"...\", or add `DRIVER=` if they are the \
                 quotes of ODBC"
            )));
        }
        let value = Value { spelling, text: Some(pair.value.as_str()).filter(|text| !text.is_empty()) };
        let named = &mut self.named;
        match keyword.meaning {
            Meaning::Server => (named.host, named.port) = value.server()?,
            Meaning::Port => self.port = value.port()?,
            Meaning::Database => named.database = value.name()?,
            Meaning::User => named.user = value.name()?,
            Meaning::Password => named.password = value.text.map(Secret::new),
            Meaning::Encrypt => named.encrypt = value.encryption()?,
            Meaning::TrustServerCertificate => named.trust_server_certificate = value.word(&BOOLEAN)?,
            Meaning::HostnameInCertificate => named.hostname_in_certificate = value.name()?,
            Meaning::ServerCertificate => named.server_certificate = value.name()?.map(Into::into),
            Meaning::ApplicationIntent => named.application_intent_readonly = value.word(&INTENT)?,
            Meaning::ConnectTimeout => named.connect_timeout_seconds = value.seconds(CONNECT_SECONDS)?,
            Meaning::CommandTimeout => named.command_timeout_seconds = value.seconds(COMMAND_SECONDS)?,
            Meaning::Integrated => value.must_be(&["false", "no", "0"], SQL_LOGINS)?,
            Meaning::Authentication => value.must_be(&["sqlpassword", "sql password", "notspecified"], SQL_LOGINS)?,
            // `dbmssocn` is the library of old clients that speaks TCP.
            Meaning::Network => value.must_be(&["dbmssocn", "tcp", "tcpip"], "this build connects by TCP")?,
            Meaning::MustBeOff(reason) => value.must_be(&["false", "no", "0", "disabled"], reason)?,
            Meaning::Refused(reason) => value.must_be(&[], reason)?,
            Meaning::Ignored(reason) => {
                let ignored = IgnoredKeyword { keyword: keyword.name, reason };
                if !named.ignored.contains(&ignored) {
                    named.ignored.push(ignored);
                }
            }
        }
        Ok(())
    }

    /// The string, when it names a server.
    pub fn finish(self) -> Parsed<ConnectionString> {
        let Self { port, mut named, .. } = self;
        if named.host.is_empty() {
            return Err(ConnectionStringError("names no server; add `Server=host,1433`".to_owned()));
        }
        if port.is_some() && named.port.is_some() {
            return Err(ConnectionStringError("names the port twice, in `Server` and in `Port`".to_owned()));
        }
        named.port = named.port.or(port);
        Ok(named)
    }
}

/// The words of a keyword, each with what it means, and how a message lists them.
struct Words {
    expectation: &'static str,
    on: &'static [&'static str],
    off: &'static [&'static str],
}

const BOOLEAN: Words =
    Words { expectation: "`true` or `false`", on: &["true", "yes", "1"], off: &["false", "no", "0"] };
const ENCRYPT: Words = Words {
    expectation: "`true` (`yes`, `mandatory`) or `false` (`no`, `optional`)",
    on: &["true", "yes", "1", "mandatory"],
    off: &["false", "no", "0", "optional"],
};
const INTENT: Words = Words { expectation: "`ReadOnly` or `ReadWrite`", on: &["readonly"], off: &["readwrite"] };

const SQL_LOGINS: &str = "this build has SQL logins only; give `User ID` and `Password`";

/// A value and the keyword that it belongs to, as it was spelled; `None` for an empty one.
struct Value<'a> {
    spelling: &'static str,
    text: Option<&'a str>,
}

impl Value<'_> {
    fn needs(&self, expectation: &str) -> ConnectionStringError {
        ConnectionStringError(format!("needs {expectation} for `{}`", self.spelling))
    }

    /// Host and port; an empty host when there is none.
    fn server(&self) -> Parsed<(String, Option<u16>)> {
        let Some(text) = self.text else { return Ok((String::new(), None)) };
        let server = server::parse(text)
            .map_err(|fault| ConnectionStringError(format!("has a `{}` that {fault}", self.spelling)))?;
        Ok((server.host, server.port))
    }

    fn port(&self) -> Parsed<Option<u16>> {
        self.text.map(server::parse_port).transpose().map_err(|_| self.needs("a number from 1 to 65535"))
    }

    fn name(&self) -> Parsed<Option<String>> {
        let fits = |text: &str| !text.trim().is_empty() && !text.contains('\0');
        match self.text {
            Some(text) if !fits(text) => Err(self.needs("a name that is not blank")),
            text => Ok(text.map(str::to_owned)),
        }
    }

    fn word(&self, words: &Words) -> Parsed<Option<bool>> {
        let Some(text) = self.text else { return Ok(None) };
        let is_in = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(text.trim()));
        match (is_in(words.on), is_in(words.off)) {
            (true, _) => Ok(Some(true)),
            (_, true) => Ok(Some(false)),
            _ => Err(self.needs(words.expectation)),
        }
    }

    fn encryption(&self) -> Parsed<Option<bool>> {
        if self.text.is_some_and(|text| text.trim().eq_ignore_ascii_case("strict")) {
            let message = "asks for `Encrypt=strict` (TDS 8.0), which this build has not; use `Encrypt=true`";
            return Err(ConnectionStringError(message.to_owned()));
        }
        self.word(&ENCRYPT)
    }

    fn seconds(&self, range: RangeInclusive<u64>) -> Parsed<Option<u64>> {
        let Some(text) = self.text else { return Ok(None) };
        let number = text.trim().parse().ok().filter(|number| range.contains(number));
        let (min, max) = (range.start(), range.end());
        number.map(Some).ok_or_else(|| self.needs(&format!("a whole number from {min} to {max}")))
    }

    /// Refuses anything but these words, with the reason.
    fn must_be(&self, words: &[&str], reason: &str) -> Parsed<()> {
        match self.text {
            Some(text) if !words.iter().any(|word| word.eq_ignore_ascii_case(text.trim())) => {
                let message = format!("uses `{}`, which is not possible: {reason}", self.spelling);
                Err(ConnectionStringError(message))
            }
            _ => Ok(()),
        }
    }
}
