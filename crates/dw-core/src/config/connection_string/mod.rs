//! Reads connection strings of ADO.NET (`SqlClient`) and of ODBC, which the reference system uses. Pure.
//!
//! Not here: which settings a string stands beside, and what is used where it is silent ([`super::connection`]).
//! No message repeats a value, and a keyword only where it cannot be a piece of a password that was not quoted.

mod draft;
mod keywords;
mod server;
mod tokens;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use self::draft::Draft;
use self::keywords::Meaning;
pub(super) use self::server::parse as parse_server;
use super::secret::Secret;
use super::suggest::closest;

/// Below this length anything is near to some keyword, so nearness proves nothing.
const SHORTEST_SLIP: usize = 5;
/// No keyword is longer, with room for a slip.
const LONGEST_WORD: usize = 40;

/// What a connection string names. `None` is what it is silent about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionString {
    /// Host name or address, an IPv6 address without brackets.
    pub host: String,
    /// TCP port.
    pub port: Option<u16>,
    /// Database.
    pub database: Option<String>,
    /// Login.
    pub user: Option<String>,
    /// Its password.
    pub password: Option<Secret>,
    /// Whether the connection is encrypted.
    pub encrypt: Option<bool>,
    /// Whether a certificate that cannot be verified is accepted.
    pub trust_server_certificate: Option<bool>,
    /// The name that the server's certificate must bear, where it is not the host.
    pub hostname_in_certificate: Option<String>,
    /// The file of the certificate that is trusted.
    pub server_certificate: Option<PathBuf>,
    /// Whether sessions that only read say so.
    pub application_intent_readonly: Option<bool>,
    /// How long connecting may take.
    pub connect_timeout_seconds: Option<u64>,
    /// How long a statement may take.
    pub command_timeout_seconds: Option<u64>,
    /// Keywords that are known and have no effect here.
    pub ignored: Vec<IgnoredKeyword>,
}

/// A keyword of a connection string that has no effect here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IgnoredKeyword {
    /// The keyword.
    pub keyword: &'static str,
    /// Why it has none.
    pub reason: &'static str,
}

/// Why a text is no connection string. It fits behind the name of a setting and holds no value of the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConnectionStringError(String);

impl ConnectionString {
    /// One that names nothing, not even a server.
    pub(super) fn silent() -> Self {
        Self {
            host: String::new(),
            port: None,
            database: None,
            user: None,
            password: None,
            encrypt: None,
            trust_server_certificate: None,
            hostname_in_certificate: None,
            server_certificate: None,
            application_intent_readonly: None,
            connect_timeout_seconds: None,
            command_timeout_seconds: None,
            ignored: Vec::new(),
        }
    }

    /// Reads a connection string of either form. Keywords are known in any letter case and by all their synonyms.
    ///
    /// # Errors
    /// When the quoting is wrong, a keyword is unknown, a value is not one that its keyword takes, no server is named,
    /// or the string asks for what this build has not: a login that is no SQL login, a named instance without a port,
    /// another protocol than TCP, `Encrypt=strict`.
    pub fn parse(text: &str) -> Result<Self, ConnectionStringError> {
        if text.split(['=', ';']).next().is_some_and(|start| start.contains("://")) {
            let message = "is a URL; it must be of the form `Server=host,1433;User ID=..;Password=..`";
            return Err(ConnectionStringError(message.to_owned()));
        }
        let (pairs, form) = tokens::read(text)?;
        let mut draft = Draft::new(form);
        let mut open_password = false;
        for (number, pair) in (1..).zip(&pairs) {
            let (keyword, spelling) = keywords::find(pair.keyword)
                .ok_or_else(|| ConnectionStringError(unknown(pair.keyword, number, open_password)))?;
            draft.take(keyword, spelling, pair)?;
            open_password |= keyword.meaning == Meaning::Password && !pair.quoted;
        }
        draft.finish()
    }
}

/// The message for a keyword that nobody knows. Behind a password without quotes it may be the rest of that password;
/// what is nearly a keyword is none.
fn unknown(word: &str, number: usize, open_password: bool) -> String {
    let is_word = word.len() <= LONGEST_WORD && word.chars().all(|c| c.is_ascii_alphabetic() || matches!(c, ' ' | '_'));
    let near = closest(word, keywords::names()).filter(|_| is_word);
    match near {
        Some(near) if !open_password || word.len() >= SHORTEST_SLIP => {
            format!("has the unknown keyword `{word}`; did you mean `{near}`?")
        }
        None if is_word && !open_password => format!("has the unknown keyword `{word}`"),
        _ if open_password => {
            format!("has an unknown keyword in entry {number}; a password that contains `;` must be quoted")
        }
        _ => format!("has an unknown keyword in entry {number}"),
    }
}
