//! What the tests of the binaries on a server share: the environment of a process.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::process::{Command, Stdio};

use dw_core::config::ConnectionTarget;
use dw_core::error::Database;

pub const ETL: &str = env!("CARGO_BIN_EXE_etl");
pub const INIT: &str = env!("CARGO_BIN_EXE_init");

/// A command without the settings of whoever runs the tests, and with those of a server.
pub fn command(binary: &str, arguments: &[&str], server: &ConnectionTarget) -> Command {
    let mut command = Command::new(binary);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("DW_") || name.starts_with("ETL_")) {
            command.env_remove(name);
        }
    }
    command
        .args(arguments)
        .env("DW_ENGINE", "sqlserver")
        .env("DW_SQLSERVER_SERVER", &server.host)
        .env("DW_SQLSERVER_PORT", server.port.to_string())
        .env("DW_SQLSERVER_USER", &server.user)
        .env("DW_SQLSERVER_PASSWORD", server.password.expose())
        .env("DW_SQLSERVER_ENCRYPT", server.encrypt.to_string())
        .env("DW_SQLSERVER_TRUST_SERVER_CERTIFICATE", server.trust_server_certificate.to_string())
        .stdin(Stdio::null());
    command
}

/// The variable that names a database.
pub fn name_of(database: Database) -> &'static str {
    match database {
        Database::Oltp => "DW_SQLSERVER_OLTP_DATABASE",
        Database::Dw => "DW_SQLSERVER_DW_DATABASE",
    }
}
