//! Statements that hold a password: CREATE LOGIN takes no parameters, so that the password has to stand in the text. The text is
//! never shown, neither in a log, nor in a message, nor by `Debug`; what is shown in its place has `***` where the password is.

use std::fmt;

use super::create::quoted;
use super::failure;
use super::session::SqlServerSession;
use crate::config::Secret;
use crate::error::{DwError, DwResult};

/// What stands for the password in the text that is shown.
const MASK: &str = "N'***'";

/// The longest password that a server takes.
const LONGEST: usize = 128;

/// A statement with one password in it.
pub(super) struct SecretStatement {
    /// In front of the password and behind it.
    parts: (String, String),
    password: Secret,
}

impl SecretStatement {
    /// `CREATE LOGIN [name] WITH PASSWORD = N'..'`, and what follows.
    pub(super) fn create_login(name: &str, password: &Secret, options: &str) -> Self {
        Self {
            parts: (format!("CREATE LOGIN {} WITH PASSWORD = ", quoted(name)), options.to_owned()),
            password: password.clone(),
        }
    }

    /// `ALTER LOGIN [name] WITH PASSWORD = N'..'`.
    pub(super) fn set_password(name: &str, password: &Secret) -> Self {
        Self {
            parts: (format!("ALTER LOGIN {} WITH PASSWORD = ", quoted(name)), String::new()),
            password: password.clone(),
        }
    }

    /// The whole text, for the server alone.
    fn text(&self) -> String {
        format!("{}{}{}", self.parts.0, literal(self.password.expose()), self.parts.1)
    }

    /// The text without the password.
    pub(super) fn shown(&self) -> String {
        format!("{}{MASK}{}", self.parts.0, self.parts.1)
    }

    /// True when a message shows the password, as it is or as it stands in the text.
    fn is_shown_by(&self, message: &str) -> bool {
        let password = self.password.expose();
        message.contains(password) || message.contains(&password.replace('\'', "''"))
    }
}

impl fmt::Debug for SecretStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

/// A text as a literal: a quote ends it only when it stands alone.
fn literal(text: &str) -> String {
    format!("N'{}'", text.replace('\'', "''"))
}

/// Refuses a password that no server takes, before anything is sent. `setting` names it.
///
/// # Errors
/// [`DwError::Config`], without the password.
pub(super) fn check(setting: &str, password: &Secret) -> DwResult<()> {
    let text = password.expose();
    let problem = if text.is_empty() {
        "the password is empty"
    } else if text.encode_utf16().count() > LONGEST {
        "the password is longer than 128 characters"
    } else if text.contains(char::is_control) {
        "the password holds a control character"
    } else {
        return Ok(());
    };
    Err(DwError::Config { origin: setting.to_owned(), message: problem.to_owned() })
}

impl SqlServerSession {
    /// Runs a statement that holds a password. Only its shown form reaches the log and the errors.
    pub(super) async fn execute_secret(&mut self, statement: &SecretStatement) -> DwResult<()> {
        let shown = statement.shown();
        tracing::trace!(sql = shown, "ask");
        self.link.unsure = true;
        let text = statement.text();
        let client = &mut self.link.client;
        let asked = async { client.simple_query(text).await?.into_results().await.map(|_| ()) };
        match tokio::time::timeout(self.timeout, asked).await {
            Ok(Ok(())) => {
                self.link.unsure = self.in_open_work();
                Ok(())
            }
            Ok(Err(error)) => {
                let error = failure::explain(&error, &self.place, &shown);
                if statement.is_shown_by(&error.to_string()) {
                    return Err(DwError::Statement {
                        database: self.place.database,
                        message:
                            "the server refused it with a message that is withheld, because it may show the password"
                                .to_owned(),
                        statement: shown,
                        transient: false,
                    });
                }
                Err(error)
            }
            Err(_) => Err(super::session::timed_out(&self.place, self.timeout, &shown)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn neither_form_for_people_shows_the_password() {
        let secret = Secret::new("o'Brien; DROP");
        let create = SecretStatement::create_login("a]b", &secret, ", CHECK_POLICY = ON");
        assert_eq!(create.shown(), "CREATE LOGIN [a]]b] WITH PASSWORD = N'***', CHECK_POLICY = ON");
        assert_eq!(format!("{create:?}"), create.shown());
        assert_eq!(create.text(), "CREATE LOGIN [a]]b] WITH PASSWORD = N'o''Brien; DROP', CHECK_POLICY = ON");
        let alter = SecretStatement::set_password("x", &secret);
        assert_eq!(format!("{alter:?}"), "ALTER LOGIN [x] WITH PASSWORD = N'***'");
        assert!(alter.is_shown_by("near 'o'Brien; DROP'") && alter.is_shown_by("near o''Brien; DROP"));
        assert!(!alter.is_shown_by("the password does not meet the policy"));
    }

    #[test]
    fn a_password_that_no_server_takes_is_refused_without_being_shown() {
        for (password, problem) in [
            (String::new(), "empty"),
            ("é".repeat(129), "longer than 128"),
            ("line\nbreak".to_owned(), "control character"),
        ] {
            let error = check("logins.bi_reader_password", &Secret::new(password.clone())).unwrap_err();
            assert!(error.to_string().contains(problem), "{error}");
            assert!(password.is_empty() || !format!("{error} {error:?}").contains(&password));
        }
        check("x", &Secret::new("é".repeat(128))).unwrap();
    }

    proptest! {
        /// Read as a server reads it, the literal is the password and nothing is behind it.
        #[test]
        fn a_literal_is_read_back_as_the_text(text in "\\PC{0,40}|['\\]\\[;\"-]{0,12}") {
            let written = literal(&text);
            let inner = written.strip_prefix("N'").unwrap().strip_suffix('\'').unwrap();
            let mut read = String::new();
            let mut chars = inner.chars();
            while let Some(c) = chars.next() {
                if c == '\'' {
                    prop_assert_eq!(chars.next(), Some('\''));
                }
                read.push(c);
            }
            prop_assert_eq!(read, text);
        }
    }
}
