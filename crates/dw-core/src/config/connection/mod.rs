//! Where to connect and as whom: separate settings and connection strings become one answer for each database.
//! Not here: connecting, and the syntax of connection strings ([`super::connection_string`]).

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::connection_string::{ConnectionString, IgnoredKeyword, parse_server};
use super::key::{Key, find};
use super::secret::Secret;
use super::settings::{EngineKind, Settings};
use crate::error::{Database, DwError, DwResult};

/// The string of both databases.
const SHARED: &str = "sqlserver.connection_string";
/// What the driver tells the format of a certificate from.
const CERTIFICATE_ENDINGS: [&str; 3] = ["pem", "crt", "der"];

/// Everything that a connection to one of the two databases needs. Its `Debug` form hides the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionTarget {
    /// Host name or address, an IPv6 address without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Name of the database.
    pub database: String,
    /// Login.
    pub user: String,
    /// Its password.
    pub password: Secret,
    /// Whether the connection must be encrypted. When it is true, a server that cannot encrypt is refused.
    pub encrypt: bool,
    /// Whether a certificate that cannot be verified is accepted. Never together with one of the next two.
    pub trust_server_certificate: bool,
    /// The certificate authority, or the self-signed certificate, that is trusted; it ends in `.pem`, `.crt` or `.der`.
    pub ca_file: Option<PathBuf>,
    /// The name that the certificate must bear, where it is not the host.
    pub hostname_in_certificate: Option<String>,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long a statement may take.
    pub command_timeout: Duration,
    /// Whether sessions that only read say so.
    pub application_intent_readonly: bool,
    /// Keywords of the connection string that have no effect.
    pub ignored: Vec<IgnoredKeyword>,
}

impl ConnectionTarget {
    /// `host:port/DATABASE`, for messages.
    pub fn describe(&self) -> String {
        let Self { host, port, database, .. } = self;
        if host.contains(':') { format!("[{host}]:{port}/{database}") } else { format!("{host}:{port}/{database}") }
    }

    /// What makes this connection less safe than it could be, one sentence each, for the log.
    pub fn warnings(&self) -> Vec<String> {
        let place = self.describe();
        let mut warnings = Vec::new();
        if self.trust_server_certificate {
            warnings.push(format!("the server of {place} is not verified, because trust_server_certificate is on"));
        }
        if !self.encrypt {
            warnings
                .push(format!("traffic and password of {place} are readable on the network, because encrypt is off"));
        }
        warnings
    }

    /// Which keywords of the connection string have no effect, and why, one sentence each.
    pub fn notes(&self) -> Vec<String> {
        let note = |IgnoredKeyword { keyword, reason }: &IgnoredKeyword| {
            format!("`{keyword}` of the connection string has no effect: {reason}")
        };
        self.ignored.iter().map(note).collect()
    }
}

impl Settings {
    /// Where one of the two databases is, and how to connect to it. What the connection string does not name comes from
    /// the separate settings.
    ///
    /// # Errors
    /// [`DwError::Config`] when the user or the password is missing, when a connection string and a separate setting
    /// (or two strings) name the same thing, and when settings contradict each other.
    pub fn connection_target(&self, database: Database) -> DwResult<ConnectionTarget> {
        Place::of(self, database)?.target().map_err(|fault| match fault {
            Fault::Contradiction(error) | Fault::Missing(error) => error,
        })
    }
}

/// Finds what is said twice. A missing login is none of its business: not every command connects.
pub(super) fn check(settings: &Settings) -> DwResult<()> {
    // Whoever tries the embedded engine may have the variables of another system around.
    if settings.engine == EngineKind::Embedded {
        return Ok(());
    }
    for database in [Database::Oltp, Database::Dw] {
        if let Err(Fault::Contradiction(error)) = Place::of(settings, database)?.target() {
            return Err(error);
        }
    }
    Ok(())
}

/// Why there is no target.
enum Fault {
    /// Two settings exclude each other.
    Contradiction(DwError),
    /// No user or no password.
    Missing(DwError),
}

impl From<DwError> for Fault {
    fn from(error: DwError) -> Self {
        Self::Contradiction(error)
    }
}

/// All that is said about the place of one database.
struct Place<'a> {
    settings: &'a Settings,
    database: Database,
    /// The setting that is the connection string, if there is one.
    key: Option<&'static str>,
    /// What the connection string names: nothing when there is none.
    string: ConnectionString,
}

impl<'a> Place<'a> {
    fn of(settings: &'a Settings, database: Database) -> DwResult<Self> {
        let (own_key, own) = match database {
            Database::Oltp => ("sqlserver.oltp_connection_string", &settings.sqlserver.oltp_connection_string),
            Database::Dw => ("sqlserver.dw_connection_string", &settings.sqlserver.dw_connection_string),
        };
        let (key, text) = match (own, &settings.sqlserver.connection_string) {
            (Some(_), Some(_)) => {
                let message = format!(
                    "`{SHARED}` is for both databases, and `{own_key}` ({}) names one of them again; keep one of the two",
                    origin(settings, own_key)
                );
                return Err(DwError::Config { origin: origin(settings, SHARED), message });
            }
            (Some(text), None) => (own_key, text),
            (None, Some(text)) => (SHARED, text),
            (None, None) => return Ok(Self { settings, database, key: None, string: ConnectionString::silent() }),
        };
        let string = ConnectionString::parse(text.expose())
            .map_err(|error| DwError::Config { origin: origin(settings, key), message: error.to_string() })?;
        Ok(Self { settings, database, key: Some(key), string })
    }

    fn target(self) -> Result<ConnectionTarget, Fault> {
        let (named, separate) = (&self.string, &self.settings.sqlserver);
        let (database_key, database) = match self.database {
            Database::Oltp => ("sqlserver.oltp_database", &separate.oltp_database),
            Database::Dw => ("sqlserver.dw_database", &separate.dw_database),
        };
        let (host, port) = self.server()?;
        let database = self.one_of(named.database.clone(), database_key, database.clone())?;
        let user = self.optional(&named.user, "sqlserver.user", &separate.user)?;
        let password = self.optional(&named.password, "sqlserver.password", &separate.password)?;
        let encrypt = self.one_of(named.encrypt, "sqlserver.encrypt", separate.encrypt)?;
        let trust_server_certificate = self.one_of(
            named.trust_server_certificate,
            "sqlserver.trust_server_certificate",
            separate.trust_server_certificate,
        )?;
        let ca_file = self.optional(&named.server_certificate, "sqlserver.ca_file", &separate.ca_file)?;
        let hostname_in_certificate = self.optional(
            &named.hostname_in_certificate,
            "sqlserver.hostname_in_certificate",
            &separate.hostname_in_certificate,
        )?;
        self.check_certificate(trust_server_certificate, ca_file.as_deref(), hostname_in_certificate.is_some())?;
        let connect_timeout = self.one_of(
            named.connect_timeout_seconds,
            "sqlserver.connect_timeout_seconds",
            separate.connect_timeout_seconds,
        )?;
        let command_timeout =
            self.one_of(named.command_timeout_seconds, "sqlserver.timeout_seconds", separate.timeout_seconds)?;
        let application_intent_readonly = self.one_of(
            named.application_intent_readonly,
            "sqlserver.application_intent_readonly",
            separate.application_intent_readonly,
        )?;
        // Last, so that `check` sees each contradiction of settings without a login.
        let user = user.ok_or_else(|| Fault::Missing(self.missing("sqlserver.user", "User ID")))?;
        let password = password.ok_or_else(|| Fault::Missing(self.missing("sqlserver.password", "Password")))?;
        Ok(ConnectionTarget {
            host,
            port,
            database,
            user,
            password,
            encrypt,
            trust_server_certificate,
            ca_file,
            hostname_in_certificate,
            connect_timeout: Duration::from_secs(connect_timeout),
            command_timeout: Duration::from_secs(command_timeout),
            application_intent_readonly,
            ignored: self.string.ignored,
        })
    }

    fn server(&self) -> DwResult<(String, u16)> {
        let settings = self.settings;
        let port = |named| self.one_of(named, "sqlserver.port", settings.sqlserver.port);
        if self.key.is_some() {
            let host = self.one_of(Some(self.string.host.clone()), "sqlserver.server", String::new())?;
            return Ok((host, port(self.string.port)?));
        }
        let server = parse_server(&settings.sqlserver.server).map_err(|fault| DwError::Config {
            origin: origin(settings, "sqlserver.server"),
            message: fault.to_string(),
        })?;
        if server.port.is_some() && settings.is_given("sqlserver.port") {
            return Err(twice(settings, "sqlserver.port", "sqlserver.server"));
        }
        Ok((server.host, server.port.unwrap_or(settings.sqlserver.port)))
    }

    /// What the string names, else the separate setting; both together are an error.
    fn one_of<T>(&self, named: Option<T>, key: &str, separate: T) -> DwResult<T> {
        match (named, self.key) {
            (Some(_), Some(string_key)) if self.settings.is_given(key) => Err(twice(self.settings, key, string_key)),
            (Some(value), _) => Ok(value),
            (None, _) => Ok(separate),
        }
    }

    fn optional<T: Clone>(&self, named: &Option<T>, key: &str, separate: &Option<T>) -> DwResult<Option<T>> {
        self.one_of(named.clone().map(Some), key, separate.clone())
    }

    /// A server that is trusted blindly is not compared with anything, so whoever names a certificate as well expects a
    /// check that does not take place.
    fn check_certificate(&self, is_trusted: bool, ca_file: Option<&Path>, has_hostname: bool) -> DwResult<()> {
        let fault = |key: &str, keyword: &str, message: String| {
            let (place, name) = match self.key.filter(|_| !self.settings.is_given(key)) {
                Some(string_key) => (origin(self.settings, string_key), keyword),
                None => (origin(self.settings, key), key),
            };
            Err(DwError::Config { origin: place, message: format!("`{name}` {message}") })
        };
        let contradiction = || "has no effect while `trust_server_certificate` is on; keep one of the two".to_owned();
        let ending = ca_file.and_then(Path::extension).and_then(|ending| ending.to_str()).unwrap_or_default();
        if is_trusted && ca_file.is_some() {
            fault("sqlserver.ca_file", "ServerCertificate", contradiction())
        } else if is_trusted && has_hostname {
            fault("sqlserver.hostname_in_certificate", "HostNameInCertificate", contradiction())
        } else if ca_file.is_some() && !CERTIFICATE_ENDINGS.contains(&ending.to_lowercase().as_str()) {
            let message = "must be a file that ends in `.pem`, `.crt` or `.der`".to_owned();
            fault("sqlserver.ca_file", "ServerCertificate", message)
        } else {
            Ok(())
        }
    }

    /// The error for a login that nobody gave.
    fn missing(&self, key: &str, keyword: &str) -> DwError {
        let variable = find(key).map(Key::variable).unwrap_or_default();
        let file = if find(key).is_some_and(Key::is_secret) { format!(" or {variable}_FILE") } else { String::new() };
        match self.key {
            Some(string_key) => DwError::Config {
                origin: origin(self.settings, string_key),
                message: format!("names no `{keyword}`; add it, or set `{key}` ({variable}{file})"),
            },
            None => DwError::Config {
                origin: key.to_owned(),
                message: format!(
                    "is not set, and the SQL Server engine needs it; set it in the configuration file or as \
                     {variable}{file}"
                ),
            },
        }
    }
}

/// The error for two settings that say the same.
fn twice(settings: &Settings, key: &str, other: &str) -> DwError {
    DwError::Config {
        origin: origin(settings, key),
        message: format!("`{key}` is also named by `{other}` ({}); keep one of the two", origin(settings, other)),
    }
}

fn origin(settings: &Settings, key: &str) -> String {
    settings.origin(key).unwrap_or(key).to_owned()
}
