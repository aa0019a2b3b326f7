//! Which values a setting takes, and how a text or a TOML value becomes one.
//! Every layer is checked by the same rule, so that a bad value is refused even where a later layer would override it.

use figment::value::Value;

use super::connection_string::{ConnectionString, parse_server};
use crate::telemetry;

/// The longest piece of a bad value that a message repeats.
const SHOWN: usize = 60;

/// Which values a setting takes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A whole number within bounds, both included.
    Integer {
        /// The least.
        min: u64,
        /// The greatest.
        max: u64,
    },
    /// True or false; `yes`, `no`, `1`, `0` too where it comes as text.
    Boolean,
    /// A text that is not blank.
    Text,
    /// A file or a folder.
    Path,
    /// A text that is never shown.
    Secret,
    /// A host, with or without a port.
    Server,
    /// A connection string, which is secret as a whole. One that serves both databases may name none.
    ConnectionString {
        /// Whether it may name a database.
        database: bool,
    },
    /// Directives of the log, such as `dw_etl=debug`.
    LogFilter,
}

/// A value as its layer gives it.
#[derive(Debug, Clone)]
pub(super) enum Raw {
    /// From the environment or a flag: a text that may stand for any type.
    Loose(String),
    /// A TOML string.
    Text(String),
    /// A TOML integer; `None` when it does not fit 64 bits.
    Integer(Option<i64>),
    /// A TOML boolean.
    Boolean(bool),
    /// Any other TOML value, by the name of its type.
    Other(&'static str),
}

impl Raw {
    /// The value as a message repeats it.
    fn shown(&self) -> String {
        match self {
            Self::Loose(text) | Self::Text(text) if text.trim().is_empty() => "a blank text".to_owned(),
            Self::Loose(text) => format!("`{}`", shorten(text)),
            Self::Text(text) => format!("the text `{}`", shorten(text)),
            Self::Integer(Some(number)) => format!("`{number}`"),
            Self::Integer(None) => "a number beyond 64 bits".to_owned(),
            Self::Boolean(value) => format!("`{value}`"),
            Self::Other(name) => (*name).to_owned(),
        }
    }
}

fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN).is_some() {
        short.push_str("...");
    }
    short
}

impl Kind {
    /// The same without a look at what the text names.
    pub fn at_a_glance(self) -> Self {
        match self {
            Self::Server => Self::Text,
            Self::ConnectionString { .. } => Self::Secret,
            other => other,
        }
    }

    /// The value, checked; otherwise the message, which fits behind the name of the setting.
    pub fn accept(self, raw: &Raw) -> Result<Value, String> {
        self.convert(raw).ok_or_else(|| match (self, raw) {
            // What was meant as a secret is not repeated, whatever else is wrong with it.
            (Self::Secret, _) => format!("must be {}", self.expectation()),
            (Self::ConnectionString { database }, Raw::Loose(text) | Raw::Text(text)) => {
                check_connection_string(text, database).err().unwrap_or_default()
            }
            (Self::ConnectionString { .. }, _) => format!("must be {}", self.expectation()),
            (Self::Server, Raw::Loose(text) | Raw::Text(text)) if !text.trim().is_empty() => {
                let fault = parse_server(text).err().map(|fault| fault.to_string());
                format!("{}, found {}", fault.unwrap_or_default(), raw.shown())
            }
            (Self::LogFilter, Raw::Loose(text) | Raw::Text(text)) => match telemetry::check_filter(text) {
                Err(reason) => format!("must be {}, found {}: {reason}", self.expectation(), raw.shown()),
                Ok(()) => format!("must be {}, found {}", self.expectation(), raw.shown()),
            },
            _ => format!("must be {}, found {}", self.expectation(), raw.shown()),
        })
    }

    fn convert(self, raw: &Raw) -> Option<Value> {
        match (self, raw) {
            (Self::Choice(words), Raw::Loose(text) | Raw::Text(text)) => {
                words.iter().find(|word| **word == text.trim()).map(|word| Value::from(*word))
            }
            (Self::Integer { min, max }, _) => {
                let number = match raw {
                    Raw::Loose(text) => text.trim().parse::<u64>().ok()?,
                    Raw::Integer(number) => u64::try_from((*number)?).ok()?,
                    _ => return None,
                };
                (min..=max).contains(&number).then(|| Value::from(number))
            }
            (Self::Boolean, Raw::Boolean(value)) => Some(Value::from(*value)),
            (Self::Boolean, Raw::Loose(text)) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "yes" | "1" => Some(Value::from(true)),
                "false" | "no" | "0" => Some(Value::from(false)),
                _ => None,
            },
            (Self::Text | Self::Path, Raw::Loose(text) | Raw::Text(text)) => {
                // A NUL cannot be part of a path or of a name on any engine.
                (!text.trim().is_empty() && !text.contains('\0')).then(|| Value::from(text.as_str()))
            }
            (Self::Secret, Raw::Loose(text) | Raw::Text(text)) => {
                (!text.is_empty()).then(|| Value::from(text.as_str()))
            }
            (Self::Server, Raw::Loose(text) | Raw::Text(text)) => {
                parse_server(text).is_ok().then(|| Value::from(text.as_str()))
            }
            (Self::ConnectionString { database }, Raw::Loose(text) | Raw::Text(text)) => {
                check_connection_string(text, database).is_ok().then(|| Value::from(text.as_str()))
            }
            (Self::LogFilter, Raw::Loose(text) | Raw::Text(text)) => {
                telemetry::check_filter(text).is_ok().then(|| Value::from(text.as_str()))
            }
            _ => None,
        }
    }

    fn expectation(self) -> String {
        match self {
            Self::Choice(words) => {
                let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
                quoted.join(" or ")
            }
            Self::Integer { min, max } => format!("a whole number from {min} to {max}"),
            Self::Boolean => "`true` or `false`".to_owned(),
            Self::Text => "a text that is not blank".to_owned(),
            Self::Path => "a path that is not blank".to_owned(),
            Self::Secret => "a text that is not empty".to_owned(),
            Self::Server => "a host such as `localhost` or `db.example.com,1433`".to_owned(),
            Self::ConnectionString { .. } => "a connection string".to_owned(),
            Self::LogFilter => "a log filter such as `info` or `dw_etl=debug`".to_owned(),
        }
    }
}

/// The message of a connection string that cannot be used.
fn check_connection_string(text: &str, database: bool) -> Result<(), String> {
    let string = ConnectionString::parse(text).map_err(|error| error.to_string())?;
    if string.database.is_some() && !database {
        return Err("names a database, but serves two; leave it out, `sqlserver.oltp_database` and \
                    `sqlserver.dw_database` name them"
            .to_owned());
    }
    Ok(())
}
