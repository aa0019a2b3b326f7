//! Which logins the stack knows, and what is missing of one: pure. Asking a server and carrying it out is the parent's.

use std::fmt;

use serde::Serialize;

use crate::config::{LoginSettings, Secret};
use crate::error::Database;
use crate::sql_server::{Capabilities, Flavor};

/// A right on a whole server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ServerRight {
    /// Sees other sessions and open transactions.
    ViewState,
    /// May create databases: RESTORE VERIFYONLY asks for it, and a drill restores under another name.
    CreateDatabases,
}

/// A login that the stack knows.
pub(super) struct Known {
    pub(super) name: &'static str,
    pub(super) setting: &'static str,
    pub(super) password: fn(&LoginSettings) -> Option<&Secret>,
    /// Its role in each database that it may enter.
    pub(super) roles: &'static [(Database, &'static str)],
    pub(super) server: &'static [ServerRight],
    /// True for one that is of use only where the server can back up to its disk.
    pub(super) for_backup: bool,
}

pub(super) static KNOWN: &[Known] = &[
    Known {
        name: "etl_runner",
        setting: "logins.etl_runner_password",
        password: |all| all.etl_runner_password.as_ref(),
        roles: &[(Database::Oltp, "dw_runner"), (Database::Dw, "dw_runner")],
        server: &[ServerRight::ViewState],
        for_backup: false,
    },
    Known {
        name: "etl_monitor",
        setting: "logins.etl_monitor_password",
        password: |all| all.etl_monitor_password.as_ref(),
        roles: &[(Database::Oltp, "dw_monitor"), (Database::Dw, "dw_monitor")],
        server: &[],
        for_backup: false,
    },
    Known {
        name: "etl_backup",
        setting: "logins.etl_backup_password",
        password: |all| all.etl_backup_password.as_ref(),
        roles: &[(Database::Oltp, "dw_backup"), (Database::Dw, "dw_backup")],
        server: &[],
        for_backup: true,
    },
    Known {
        name: "etl_restore",
        setting: "logins.etl_restore_password",
        password: |all| all.etl_restore_password.as_ref(),
        roles: &[],
        server: &[ServerRight::CreateDatabases],
        for_backup: true,
    },
    Known {
        name: "bi_reader",
        setting: "logins.bi_reader_password",
        password: |all| all.bi_reader_password.as_ref(),
        roles: &[(Database::Dw, "dw_reader")],
        server: &[],
        for_backup: false,
    },
];

/// What is wanted of the logins.
#[derive(Debug, Clone, Default)]
pub struct LoginOptions {
    /// Their passwords. A login without one is left out.
    pub passwords: LoginSettings,
    /// Put behind each name, so that tests on one server do not meet.
    pub suffix: String,
    /// Set the password of a login that exists too.
    pub rotate: bool,
}

/// One thing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum LoginAction {
    /// Create the login with its password.
    CreateLogin,
    /// Set the password of an existing login.
    SetPassword,
    /// Let it see other sessions and open transactions.
    GrantServerState,
    /// Make it a member of the server role `dbcreator`.
    AddToDbcreator,
    /// Create its user in a database.
    CreateUser {
        /// Which database.
        #[serde(serialize_with = "by_name")]
        database: Database,
    },
    /// Join a user of that name, which a restored database brought along, with the login.
    MapUser {
        /// Which database.
        #[serde(serialize_with = "by_name")]
        database: Database,
    },
    /// Add its user to a role.
    AddToRole {
        /// Which database.
        #[serde(serialize_with = "by_name")]
        database: Database,
        /// The role.
        role: &'static str,
    },
}

fn by_name<S: serde::Serializer>(database: &Database, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(database.name())
}

/// One thing to do to one login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoginStep {
    /// The login.
    pub login: String,
    /// The server, by the database that lives there.
    #[serde(skip)]
    pub(super) server: Database,
    /// What.
    #[serde(flatten)]
    pub action: LoginAction,
}

impl fmt::Display for LoginStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let login = &self.login;
        match self.action {
            LoginAction::CreateLogin => write!(f, "create login {login}"),
            LoginAction::SetPassword => write!(f, "set the password of {login}"),
            LoginAction::GrantServerState => write!(f, "grant VIEW SERVER STATE to {login}"),
            LoginAction::AddToDbcreator => write!(f, "add {login} to the server role dbcreator"),
            LoginAction::CreateUser { database } => write!(f, "create user {login} in {database}"),
            LoginAction::MapUser { database } => write!(f, "join user {login} in {database} with its login"),
            LoginAction::AddToRole { database, role } => write!(f, "add {login} to {role} in {database}"),
        }
    }
}

/// What is missing, or what was done about it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LoginPlan {
    /// In order.
    pub steps: Vec<LoginStep>,
    /// What an operator should know.
    pub notices: Vec<String>,
}

/// What a server says of one login.
#[derive(Debug, Clone, Copy)]
pub(super) struct State {
    pub(super) exists: bool,
    pub(super) has_password: bool,
    pub(super) sees_state: bool,
    pub(super) creates_databases: bool,
}

/// What is to be done on the server itself. What a server cannot do is told once, when a login is new. Pure.
pub(super) fn server_actions(
    known: &Known,
    state: State,
    can: &Capabilities,
    rotate: bool,
    notices: &mut Vec<String>,
) -> Vec<LoginAction> {
    let mut actions = Vec::new();
    if !state.exists {
        if !state.has_password {
            return actions;
        }
        actions.push(LoginAction::CreateLogin);
    } else if rotate && state.has_password {
        actions.push(LoginAction::SetPassword);
    } else if rotate {
        notices.push(format!("login {} keeps its password: `{}` is not set", known.name, known.setting));
    }
    // Server roles and permissions of a whole server are those of a boxed SQL Server.
    let boxed = can.flavor == Flavor::SqlServer;
    for right in known.server {
        match right {
            ServerRight::ViewState if boxed && !state.sees_state => actions.push(LoginAction::GrantServerState),
            ServerRight::ViewState if !boxed && !state.exists => notices.push(format!(
                "{} has no VIEW SERVER STATE to grant: {} reads again what the lookback covers, and sees its own sessions alone",
                can.flavor, known.name
            )),
            ServerRight::CreateDatabases if boxed && !state.creates_databases => actions.push(LoginAction::AddToDbcreator),
            ServerRight::ViewState | ServerRight::CreateDatabases => {}
        }
    }
    if known.for_backup && !can.backup && !state.exists {
        notices.push(format!("{} has no BACKUP to disk: {} may log in there and do nothing", can.flavor, known.name));
    }
    actions
}

/// What a database says of the user of a login.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct UserState {
    pub(super) exists: bool,
    /// It belongs to a login of another server: the database was restored from there.
    pub(super) is_orphan: bool,
    pub(super) is_member: bool,
}

/// What is to be done in a database. Pure.
pub(super) fn user_actions(database: Database, role: &'static str, state: UserState) -> Vec<LoginAction> {
    let mut actions = Vec::new();
    if !state.exists {
        actions.push(LoginAction::CreateUser { database });
    } else if state.is_orphan {
        actions.push(LoginAction::MapUser { database });
    }
    if !state.exists || !state.is_member {
        actions.push(LoginAction::AddToRole { database, role });
    }
    actions
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(flavor: Flavor) -> Capabilities {
        Capabilities {
            flavor,
            version: String::new(),
            edition: String::new(),
            snapshot_isolation: true,
            read_committed_snapshot: true,
            database_options: true,
            full_tsql: flavor != Flavor::Babelfish,
            columnstore: true,
            server_audit: true,
            backup: flavor == Flavor::SqlServer,
            backup_compression: true,
            sees_server_state: true,
        }
    }

    fn report(flavor: Flavor, state: State, rotate: bool) -> String {
        let mut text = String::new();
        for known in KNOWN {
            let mut notices = Vec::new();
            let actions = server_actions(known, state, &server(flavor), rotate, &mut notices);
            for action in actions {
                let step = LoginStep { login: known.name.to_owned(), server: Database::Dw, action };
                text.push_str(&format!("{step}\n"));
            }
            for notice in notices {
                text.push_str(&format!("notice: {notice}\n"));
            }
        }
        text
    }

    const NEW: State = State { exists: false, has_password: true, sees_state: false, creates_databases: false };

    #[test]
    fn a_user_is_made_joined_with_its_login_and_added_to_its_role() {
        let database = Database::Dw;
        let (create, map) = (LoginAction::CreateUser { database }, LoginAction::MapUser { database });
        let add = LoginAction::AddToRole { database, role: "dw_reader" };
        let state = |exists, is_orphan, is_member| UserState { exists, is_orphan, is_member };
        for (state, actions) in [
            (state(false, false, false), vec![create, add]),
            (state(true, false, false), vec![add]),
            (state(true, false, true), vec![]),
            // A database that was restored from another server brings its users along, and they belong to nobody here.
            (state(true, true, true), vec![map]),
            (state(true, true, false), vec![map, add]),
        ] {
            assert_eq!(user_actions(database, "dw_reader", state), actions, "{state:?}");
        }
    }

    #[test]
    fn what_is_done_to_logins_on_each_kind_of_server() {
        let old = State { exists: true, ..NEW };
        let complete = State { sees_state: true, creates_databases: true, ..old };
        let mut text = String::new();
        for (name, flavor, state, rotate) in [
            ("new on SQL Server", Flavor::SqlServer, NEW, false),
            ("new on Azure SQL", Flavor::Azure, NEW, false),
            ("new on Babelfish", Flavor::Babelfish, NEW, false),
            ("old on SQL Server", Flavor::SqlServer, old, false),
            ("complete on SQL Server", Flavor::SqlServer, complete, false),
            ("complete on SQL Server, rotated", Flavor::SqlServer, complete, true),
            ("rotated without a password", Flavor::SqlServer, State { has_password: false, ..complete }, true),
            ("no password", Flavor::SqlServer, State { has_password: false, ..NEW }, false),
        ] {
            text.push_str(&format!("# {name}\n{}\n", report(flavor, state, rotate)));
        }
        insta::assert_snapshot!(text);
    }
}
