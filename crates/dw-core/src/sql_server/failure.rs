//! What an error of the server means: which of our errors it is, and whether the whole transaction may be tried again.
//! By number (the lists of Microsoft's own drivers). Only what Babelfish reports under its one number for most errors is told
//! by its text, and gets the number that SQL Server has for it. Pure.

use tiberius::error::Error;

use crate::error::{Database, DwError};

/// Where a statement ran, for the message.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// Which database.
    pub database: Database,
    /// `host:port/DATABASE`.
    pub location: String,
    /// The login.
    pub login: String,
}

/// Numbers after which the whole transaction may succeed when it is tried again: the lists of SqlClient and of EF Core, and
/// what a server says that starts, recovers or lacks memory for a moment. A timeout (-2) is none of them.
const TRANSIENT: &[u32] = &[
    20, 64, 121, 233, 615, 701, 802, 921, 922, 926, 927, 952, 997, 1203, 1204, 1205, 1221, 1222, 1807, 3935, 3960,
    3966, 4060, 4221, 6005, 8645, 8651, 8628, 9515, 10053, 10054, 10060, 10928, 10929, 14355, 17142, 17197, 18401,
    20041, 25740, 25738, 30053, 40143, 40197, 40501, 40540, 40613, 41301, 41302, 41305, 41325, 41839, 42108, 42109,
    49918, 49919, 49920,
];

/// True when the same transaction may succeed later.
pub(super) fn is_transient(number: u32) -> bool {
    TRANSIENT.contains(&number)
}

/// What kind of failure a number tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The login is refused: never tried again, because that locks accounts.
    Login,
    /// The database does not exist or this login may not open it.
    NoDatabase,
    /// A permission is missing.
    Permission,
    /// An object or a column is missing.
    Schema,
    /// A constraint refused a row.
    Constraint,
    /// A disk or a log is full.
    Full,
    /// A page is damaged.
    Corrupt,
    /// A lock was not had in time.
    Busy,
    /// Anything else.
    Other,
}

/// Classifies a number.
pub(super) fn kind(number: u32) -> Kind {
    match number {
        18456 | 18452 | 18470 | 18486 | 18487 | 18488 => Kind::Login,
        4060 | 911 | 916 => Kind::NoDatabase,
        229 | 230 | 262 | 297 | 300 | 15247 | 15151 | 15247..=15248 | 5011 => Kind::Permission,
        207 | 208 | 2812 | 4121 | 15517 => Kind::Schema,
        515 | 547 | 2601 | 2627 | 2628 | 8152 => Kind::Constraint,
        1101 | 1105 | 9002 => Kind::Full,
        823..=825 => Kind::Corrupt,
        1222 => Kind::Busy,
        _ => Kind::Other,
    }
}

/// Our error for an error of the driver.
pub(super) fn explain(error: &Error, place: &Place, statement: &str) -> DwError {
    match error {
        Error::Server(token) => of_server(token.code(), &told(token), place, statement),
        Error::Io { message, .. } => lost(place, message),
        Error::Tls(message) => untrusted(place, message),
        Error::Protocol(message) if message.contains("Server returned an error") => lost(place, message),
        other => DwError::Statement {
            database: place.database,
            message: other.to_string(),
            statement: beginning(statement),
            transient: false,
        },
    }
}

/// The message with what helps to find the place: number, state, class, procedure and line.
fn told(token: &tiberius::error::TokenError) -> String {
    let procedure =
        if token.procedure().is_empty() { String::new() } else { format!(", procedure {}", token.procedure()) };
    format!(
        "{} (error {}, state {}, class {}{procedure}, line {})",
        token.message().trim_end_matches('.'),
        token.code(),
        token.state(),
        token.class(),
        token.line()
    )
}

/// The number under which Babelfish reports what it has no number of SQL Server for.
const BABELFISH: u32 = 33_557_097;

/// The number that SQL Server has for what Babelfish tells by its text alone.
fn number_of(number: u32, message: &str) -> u32 {
    if number != BABELFISH {
        return number;
    }
    const TEXTS: [(&str, u32); 9] = [
        ("canceling statement due to lock timeout", 1222),
        ("deadlock detected", 1205),
        ("could not serialize access", 3960),
        // Two databases or logins created at once.
        ("tuple concurrently updated", 1807),
        ("permission denied for ", 229),
        ("relation \"", 208),
        ("terminating connection due to administrator command", 6005),
        ("the database system is ", 6005),
        ("sorry, too many clients", 10928),
    ];
    // Quoted, or with the alias of its table.
    if message.starts_with("column ") && message.contains(" does not exist") {
        return 207;
    }
    TEXTS.iter().find(|(beginning, _)| message.starts_with(beginning)).map_or(number, |(_, number)| *number)
}

fn of_server(number: u32, message: &str, place: &Place, statement: &str) -> DwError {
    let (database, location) = (place.database, place.location.clone());
    let number = number_of(number, message);
    let message = message.to_owned();
    match kind(number) {
        Kind::Login => DwError::Connection {
            database,
            location,
            message: format!("the login `{}` was refused: {message}", place.login),
            hint: "check `sqlserver.user` and `sqlserver.password`; it is not tried again, so that no account is locked"
                .to_owned(),
            transient: false,
        },
        Kind::NoDatabase => DwError::Missing {
            database,
            location,
            hint: format!(
                "create it with `init --engine sqlserver`, or let `{}` into it if it exists: {message}",
                place.login
            ),
        },
        Kind::Permission => DwError::Permission { database, location, login: place.login.clone(), message },
        Kind::Schema => DwError::SchemaMismatch {
            message: format!("{database} at `{location}` lacks something that this version needs: {message}"),
            hint: "run `init`, which creates what is missing and keeps the data; if it is there, the login lacks a permission on it"
                .to_owned(),
        },
        Kind::Constraint => DwError::Constraint { database, message },
        Kind::Full => DwError::DiskFull { database, location },
        Kind::Corrupt => DwError::Corrupt { database, location, message },
        Kind::Busy | Kind::Other => DwError::Statement {
            database,
            message,
            statement: beginning(statement),
            transient: is_transient(number),
        },
    }
}

/// The connection broke: whatever was open is rolled back by the server.
pub(super) fn lost(place: &Place, message: &str) -> DwError {
    DwError::Connection {
        database: place.database,
        location: place.location.clone(),
        message: format!("the connection was lost: {message}"),
        hint: "check the network and the server's log, and run again: an open batch was rolled back".to_owned(),
        transient: true,
    }
}

/// TLS could not be agreed on.
pub(super) fn untrusted(place: &Place, message: &str) -> DwError {
    DwError::Connection {
        database: place.database,
        location: place.location.clone(),
        message: format!("the server's certificate or its TLS was not accepted: {message}"),
        hint: "name the authority that signed it in `sqlserver.ca_file`; `sqlserver.trust_server_certificate = true` accepts any server, also a false one"
            .to_owned(),
        transient: false,
    }
}

/// The first characters of a statement on one line.
pub(super) fn beginning(statement: &str) -> String {
    statement.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_login_and_a_full_disk_are_never_tried_again() {
        for number in [18456, 1105, 9002, 2627, 547, 208, 229] {
            assert!(!is_transient(number), "{number}");
        }
        for number in [1205, 1222, 40613, 3960, 10928, 49920] {
            assert!(is_transient(number), "{number}");
        }
    }

    #[test]
    fn what_babelfish_tells_by_its_text_has_the_number_of_sql_server() {
        assert_eq!(number_of(BABELFISH, "permission denied for table x (error 33557097)"), 229);
        assert_eq!(number_of(BABELFISH, "canceling statement due to lock timeout"), 1222);
        assert_eq!(number_of(BABELFISH, "column s.campaign_name does not exist (error 33557097)"), 207);
        assert_eq!(number_of(BABELFISH, "column \"campaign_name\" does not exist"), 207);
        assert_eq!(number_of(BABELFISH, "column \"id\" is of type integer but expression is of type text"), BABELFISH);
        assert_eq!(number_of(BABELFISH, "anything else"), BABELFISH);
        assert_eq!(number_of(547, "permission denied for table x"), 547);
    }

    #[test]
    fn numbers_are_the_errors_that_they_mean() {
        let place = Place { database: Database::Dw, location: "h:1433/DW".to_owned(), login: "etl_runner".to_owned() };
        let text: Vec<String> = [18456, 4060, 229, 208, 2627, 1105, 824, 1205, 1222, 245]
            .into_iter()
            .map(|number| {
                let error = of_server(number, &format!("message {number}"), &place, "SELECT  1\nFROM x");
                format!("{} {} exit {}\n  {error}\n  {}", number, error.code(), error.exit_code(), error.hint())
            })
            .collect();
        insta::assert_snapshot!(text.join("\n"));
    }
}
