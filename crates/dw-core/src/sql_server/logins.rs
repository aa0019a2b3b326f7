//! The logins of the stack on a server, their users in the two databases and the roles of those users. What a role may do is said
//! by the scripts `oltp/grants`, `dw/grants` and `dw/views` (see [`crate::scripts::known`]), so that a login is no part of a schema.
//!
//! What is missing is worked out first, as a list of actions, and that list is what `init --plan` shows and what `init` carries
//! out. An existing login keeps its password unless it is asked for: a password that is set at each `init` would be a change in
//! the audit of the server without one.

use std::fmt;

use serde::Serialize;

use super::create::quoted;
use super::secret::{self, SecretStatement};
use super::session::SqlServerSession;
use super::{Capabilities, Flavor, SqlServerEngine, create};
use crate::config::{LoginSettings, Secret};
use crate::engine::Executor;
use crate::error::{Database, DwError, DwResult};

/// A right on a whole server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ServerRight {
    /// Sees other sessions and open transactions.
    ViewState,
    /// May create databases: RESTORE VERIFYONLY asks for it, and a drill restores under another name.
    CreateDatabases,
}

/// A login that the stack knows.
struct Known {
    name: &'static str,
    setting: &'static str,
    password: fn(&LoginSettings) -> Option<&Secret>,
    /// Its role in each database that it may enter.
    roles: &'static [(Database, &'static str)],
    server: &'static [ServerRight],
    /// True for one that is of use only where the server can back up to its disk.
    for_backup: bool,
}

static KNOWN: &[Known] = &[
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
    server: Database,
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
struct State {
    exists: bool,
    has_password: bool,
    sees_state: bool,
    creates_databases: bool,
}

/// What is to be done on the server itself. What a server cannot do is told once, when a login is new. Pure.
fn server_actions(
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
struct UserState {
    exists: bool,
    /// It belongs to a login of another server: the database was restored from there.
    is_orphan: bool,
    is_member: bool,
}

/// What is to be done in a database. Pure.
fn user_actions(database: Database, role: &'static str, state: UserState) -> Vec<LoginAction> {
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

impl SqlServerEngine {
    /// What [`SqlServerEngine::ensure_logins`] would do now. Changes nothing, and works before the databases are there.
    ///
    /// # Errors
    /// When a server cannot be asked; a configuration error for a password that no server takes.
    pub async fn plan_logins(&self, options: &LoginOptions) -> DwResult<LoginPlan> {
        for known in KNOWN {
            if let Some(password) = (known.password)(&options.passwords) {
                secret::check(known.setting, password)?;
            }
        }
        let mut plan = LoginPlan::default();
        let mut left_out = Vec::new();
        for server in self.servers() {
            let mut master = self.master(server).await?;
            let can = Capabilities::of(&mut master).await?;
            for known in KNOWN {
                let roles: Vec<_> =
                    known.roles.iter().filter(|(database, _)| self.lives_on(*database, server)).collect();
                if roles.is_empty() && known.server.is_empty() {
                    continue;
                }
                let login = format!("{}{}", known.name, options.suffix);
                let state = State {
                    exists: login_exists(&mut master, &login, &can).await?,
                    has_password: (known.password)(&options.passwords).is_some(),
                    sees_state: can.flavor == Flavor::SqlServer && sees_state(&mut master, &login).await?,
                    creates_databases: is_true(&mut master, "IS_SRVROLEMEMBER('dbcreator', @P1)", &login).await?,
                };
                let step = |action| LoginStep { login: login.clone(), server, action };
                let actions = server_actions(known, state, &can, options.rotate, &mut plan.notices);
                plan.steps.extend(actions.into_iter().map(step));
                if !state.exists && !state.has_password {
                    if !left_out.contains(&known.name) {
                        left_out.push(known.name);
                    }
                    continue;
                }
                for (database, role) in roles {
                    let actions = self.user_actions(&mut master, &login, *database, role, &can).await?;
                    plan.steps.extend(actions.into_iter().map(step));
                }
            }
        }
        if !left_out.is_empty() {
            let logins = left_out.join(", ");
            plan.notices.push(format!("without a password in `[logins]`, and so not created: {logins}"));
        }
        Ok(plan)
    }

    fn lives_on(&self, database: Database, server: Database) -> bool {
        database == server || self.servers().len() == 1
    }

    /// What is missing of a user and of his role in a database, which may not be there yet.
    async fn user_actions(
        &self,
        master: &mut SqlServerSession,
        login: &str,
        database: Database,
        role: &'static str,
        can: &Capabilities,
    ) -> DwResult<Vec<LoginAction>> {
        if create::state(master, self.database_name(database)).await?.is_none() {
            return Ok(user_actions(database, role, UserState::default()));
        }
        let mut session = self.open_any_version(database).await?;
        let sql = "SELECT DATABASE_PRINCIPAL_ID(@P1), IS_ROLEMEMBER(@P2, @P1)";
        let found = session.query(sql, &[login.into(), role.into()]).await?;
        let mut state = UserState {
            exists: found.get(0, 0).int()?.is_some(),
            is_orphan: false,
            is_member: found.get(0, 1).int()? == Some(1),
        };
        if state.exists && can.flavor == Flavor::SqlServer {
            let sql = "SELECT COUNT(*) FROM sys.database_principals WHERE name = @P1 AND sid <> SUSER_SID(@P1)";
            state.is_orphan = session.query(sql, &[login.into()]).await?.get(0, 0).int()? == Some(1);
        }
        Ok(user_actions(database, role, state))
    }

    /// Makes the logins that are missing and have a password, their users, and what belongs to them. The databases and their roles
    /// are there.
    ///
    /// # Errors
    /// When the server refuses a login, a user or a role. A right on the whole server that cannot be granted is a notice.
    pub async fn ensure_logins(&self, options: &LoginOptions) -> DwResult<LoginPlan> {
        let mut plan = self.plan_logins(options).await?;
        let mut failed = Vec::new();
        for step in &plan.steps {
            tracing::info!(location = self.target(step.server).describe(), "{step}");
            match (self.carry_out(step, options).await, step.action) {
                (Ok(()), _) => {}
                (Err(error), LoginAction::GrantServerState | LoginAction::AddToDbcreator) => {
                    failed.push(step.clone());
                    plan.notices.push(format!("could not {step}: {error}"));
                }
                (Err(error), _) => return Err(error),
            }
        }
        plan.steps.retain(|step| !failed.contains(step));
        Ok(plan)
    }

    async fn carry_out(&self, step: &LoginStep, options: &LoginOptions) -> DwResult<()> {
        let name = quoted(&step.login);
        match step.action {
            LoginAction::CreateLogin => self.create_login(step, options).await,
            LoginAction::SetPassword => {
                let statement = SecretStatement::set_password(&step.login, password(step, options)?);
                self.master(step.server).await?.execute_secret(&statement).await
            }
            LoginAction::GrantServerState => self.on_master(step, &format!("GRANT VIEW SERVER STATE TO {name}")).await,
            LoginAction::AddToDbcreator => {
                self.on_master(step, &format!("ALTER SERVER ROLE dbcreator ADD MEMBER {name}")).await
            }
            LoginAction::CreateUser { database } => {
                self.inside(database, &format!("CREATE USER {name} FOR LOGIN {name}")).await
            }
            LoginAction::MapUser { database } => {
                self.inside(database, &format!("ALTER USER {name} WITH LOGIN = {name}")).await
            }
            LoginAction::AddToRole { database, role } => {
                self.inside(database, &format!("ALTER ROLE {} ADD MEMBER {name}", quoted(role))).await
            }
        }
    }

    async fn on_master(&self, step: &LoginStep, sql: &str) -> DwResult<()> {
        self.master(step.server).await?.execute(sql, &[]).await.map(|_| ())
    }

    async fn inside(&self, database: Database, sql: &str) -> DwResult<()> {
        self.open_any_version(database).await?.execute(sql, &[]).await.map(|_| ())
    }

    async fn create_login(&self, step: &LoginStep, options: &LoginOptions) -> DwResult<()> {
        let mut master = self.master(step.server).await?;
        let can = Capabilities::of(&mut master).await?;
        let home = known(step, options)
            .and_then(|known| known.roles.iter().rev().find(|(database, _)| self.lives_on(*database, step.server)))
            .map_or("master", |(database, _)| self.database_name(*database));
        let options_of_server = match can.flavor {
            Flavor::SqlServer => {
                format!(", DEFAULT_DATABASE = {}, CHECK_POLICY = ON, CHECK_EXPIRATION = OFF", quoted(home))
            }
            Flavor::Babelfish => format!(", DEFAULT_DATABASE = {}", quoted(home)),
            // Azure SQL Database takes a password and nothing else; its policy is always on.
            Flavor::Azure => String::new(),
        };
        let statement = SecretStatement::create_login(&step.login, password(step, options)?, &options_of_server);
        match master.execute_secret(&statement).await {
            // Two inits at once: the other one was faster.
            Err(error) => {
                let mut again = self.master(step.server).await?;
                if login_exists(&mut again, &step.login, &can).await? { Ok(()) } else { Err(error) }
            }
            Ok(()) => Ok(()),
        }
    }
}

fn known(step: &LoginStep, options: &LoginOptions) -> Option<&'static Known> {
    KNOWN.iter().find(|known| format!("{}{}", known.name, options.suffix) == step.login)
}

fn password<'a>(step: &LoginStep, options: &'a LoginOptions) -> DwResult<&'a Secret> {
    known(step, options)
        .and_then(|known| (known.password)(&options.passwords))
        .ok_or_else(|| DwError::Internal(format!("no password for {}", step.login)))
}

async fn login_exists(master: &mut SqlServerSession, login: &str, can: &Capabilities) -> DwResult<bool> {
    // Azure SQL Database lists its logins in the one view, Babelfish in the other.
    let view = if can.flavor == Flavor::Azure { "sys.sql_logins" } else { "sys.server_principals" };
    let rows = master.query(&format!("SELECT COUNT(*) FROM {view} WHERE name = @P1"), &[login.into()]).await?;
    Ok(rows.get(0, 0).int()?.unwrap_or(0) > 0)
}

async fn sees_state(master: &mut SqlServerSession, login: &str) -> DwResult<bool> {
    let sql = "SELECT COUNT(*) FROM sys.server_permissions p \
               JOIN sys.server_principals s ON s.principal_id = p.grantee_principal_id \
               WHERE s.name = @P1 AND p.permission_name = 'VIEW SERVER STATE' AND p.state IN ('G', 'W')";
    Ok(master.query(sql, &[login.into()]).await?.get(0, 0).int()?.unwrap_or(0) > 0)
}

async fn is_true(master: &mut SqlServerSession, expression: &str, login: &str) -> DwResult<bool> {
    Ok(master.query(&format!("SELECT {expression}"), &[login.into()]).await?.get(0, 0).int()? == Some(1))
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
