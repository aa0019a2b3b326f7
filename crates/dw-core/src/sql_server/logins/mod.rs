//! The logins of the stack on a server, their users in the two databases and the roles of those users. What a role may do is said
//! by the scripts `oltp/grants`, `dw/grants` and `dw/views` (see [`crate::scripts::known`]), so that a login is no part of a schema.
//!
//! What is missing is worked out first, as a list of actions, and that list is what `init --plan` shows and what `init` carries
//! out. An existing login keeps its password unless it is asked for: a password that is set at each `init` would be a change in
//! the audit of the server without one.

mod plan;

use plan::{KNOWN, Known, State, UserState, server_actions, user_actions};
pub use plan::{LoginAction, LoginOptions, LoginPlan, LoginStep};

use super::create::quoted;
use super::secret::{self, SecretStatement};
use super::session::SqlServerSession;
use super::{Capabilities, Flavor, SqlServerEngine, create};
use crate::config::Secret;
use crate::engine::Executor;
use crate::error::{Database, DwError, DwResult};

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
