//! The errors of the stack: every variant has a stable code, an exit code, a hint and says whether a retry may help.
//! `docs/errors.md` lists them; a test compares that page with this enum.

use std::path::PathBuf;

use crate::exit;

/// Result of every fallible operation of the stack.
pub type DwResult<T> = Result<T, DwError>;

/// Which of the two databases an operation speaks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Database {
    /// `ECOMMERCE_OLTP`, the source.
    Oltp,
    /// `DW_ECOMMERCE`, the warehouse.
    Dw,
}

impl Database {
    /// The name of the contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Oltp => "ECOMMERCE_OLTP",
            Self::Dw => "DW_ECOMMERCE",
        }
    }
}

impl std::fmt::Display for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// What can go wrong. Messages are lowercase fragments that fit behind `error:`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DwError {
    /// The command line is wrong.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// What to type instead.
        hint: String,
    },
    /// A configuration value is wrong; the origin names file and line, or the variable, or the flag.
    #[error("{origin}: {message}")]
    Config {
        /// `dw.toml:7`, `environment variable DW_ENGINE`, `--batch-size`.
        origin: String,
        /// What is wrong with the value.
        message: String,
    },
    /// A database does not exist yet.
    #[error("{database} was not found at `{location}`")]
    Missing {
        /// Which database.
        database: Database,
        /// File or server.
        location: String,
        /// The command that creates it.
        hint: String,
    },
    /// A database exists and cannot be opened, read or written.
    #[error("{database} at `{location}` cannot be used: {message}")]
    Unreachable {
        /// Which database.
        database: Database,
        /// File or server.
        location: String,
        /// What the engine said.
        message: String,
    },
    /// Another process keeps the database busy for longer than the time-out.
    #[error(
        "{database} at `{location}` is busy: another process has been writing to it for more than {waited_seconds} s"
    )]
    Busy {
        /// Which database.
        database: Database,
        /// File or server.
        location: String,
        /// How long was waited.
        waited_seconds: u64,
    },
    /// The disk is full.
    #[error("the disk of {database} at `{location}` is full")]
    DiskFull {
        /// Which database.
        database: Database,
        /// File or server.
        location: String,
    },
    /// The file is not a healthy database.
    #[error("{database} at `{location}` is damaged: {message}")]
    Corrupt {
        /// Which database.
        database: Database,
        /// File.
        location: String,
        /// What the engine said.
        message: String,
    },
    /// A server cannot be reached, refuses the login, or the connection to it is lost.
    #[error("{database} at `{location}` cannot be reached: {message}")]
    Connection {
        /// Which database.
        database: Database,
        /// Server, port and database.
        location: String,
        /// What happened.
        message: String,
        /// What to do.
        hint: String,
        /// Whether the same attempt may succeed later.
        transient: bool,
    },
    /// A statement was not answered in time. It may have been carried out, so that it is never repeated blindly.
    #[error("{database} at `{location}` did not answer within {seconds} s; statement: {statement}")]
    TimedOut {
        /// Which database.
        database: Database,
        /// Server, port and database.
        location: String,
        /// How long was waited.
        seconds: u64,
        /// The first characters of the statement, without parameters.
        statement: String,
    },
    /// The connection broke while a transaction was committed: nobody knows whether it was.
    #[error(
        "{database} at `{location}` went away during a commit, so that it is not known whether it was carried out: {message}"
    )]
    CommitUnknown {
        /// Which database.
        database: Database,
        /// Server, port and database.
        location: String,
        /// What happened.
        message: String,
    },
    /// The login may not do what a command needs.
    #[error("the login `{login}` lacks a permission on {database} at `{location}`: {message}")]
    Permission {
        /// Which database.
        database: Database,
        /// Server, port and database.
        location: String,
        /// The login.
        login: String,
        /// What was refused: permission and object.
        message: String,
    },
    /// The schema is of another version, or a statement and the schema disagree.
    #[error("{message}")]
    SchemaMismatch {
        /// What differs.
        message: String,
        /// What to do.
        hint: String,
    },
    /// A constraint of the database refused a row.
    #[error("a constraint of {database} refused a row: {message}")]
    Constraint {
        /// Which database.
        database: Database,
        /// Name of the constraint or columns.
        message: String,
    },
    /// Any other failure of a statement.
    #[error("a statement on {database} failed: {message}; statement: {statement}")]
    Statement {
        /// Which database.
        database: Database,
        /// What the engine said.
        message: String,
        /// The first characters of the statement, without parameters.
        statement: String,
        /// Whether the same statement may succeed later.
        transient: bool,
    },
    /// A script of the schema that is not one transaction did not end, so that nobody knows how much of it is done.
    #[error(
        "script `{script}`, begun on {database} at {began}, {ending}; it is not one transaction, so a part of it may be done"
    )]
    ScriptUnfinished {
        /// Which database.
        database: Database,
        /// Name of the script.
        script: String,
        /// When it began.
        began: String,
        /// `failed` or `was interrupted`.
        ending: &'static str,
    },
    /// The text of a script of the schema cannot be split into batches.
    #[error("script `{script}`, line {line}: {message}")]
    ScriptText {
        /// Name of the script.
        script: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// Another process holds the lock of an entity.
    #[error("{entity} is being run by {holder}")]
    LockHeld {
        /// The entity.
        entity: String,
        /// Process, run and since when.
        holder: String,
    },
    /// The lock of an entity was lost, with the connection that held it, before its batch was committed.
    #[error("the lock of {entity} was lost: another run may have taken it, so the batch was not committed")]
    LockLost {
        /// The entity.
        entity: String,
    },
    /// The watermark moved under a run: compare-and-set failed.
    #[error("the watermark of {entity} was changed by somebody else during the run")]
    WatermarkMoved {
        /// The entity.
        entity: String,
    },
    /// A unique value is still parked at the end of a run (ruling 8).
    #[error(
        "{entity}: {count} rows keep a placeholder in a unique column, because another row holds their value: {sample}"
    )]
    StillParked {
        /// The entity.
        entity: String,
        /// How many.
        count: i64,
        /// The first keys.
        sample: String,
    },
    /// An entity was not run, because one that it needs failed.
    #[error("not run, because {dependency} failed and {entity} needs its rows")]
    DependencyFailed {
        /// The entity.
        entity: String,
        /// The entity that failed.
        dependency: String,
    },
    /// A file outside the databases cannot be read or written.
    #[error("{action} `{}`: {source}", path.display())]
    Io {
        /// `cannot read`, `cannot write`.
        action: &'static str,
        /// Which file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A backup or a restore failed at one of its steps. Nothing was deleted.
    #[error("the backup of {database} failed at {step}: {message}")]
    Backup {
        /// Name of the database.
        database: String,
        /// `space`, `record`, `copy`, `publish`, `restore`, ..
        step: &'static str,
        /// What happened.
        message: String,
        /// What to do.
        hint: String,
        /// Whether the same attempt may succeed later.
        transient: bool,
    },
    /// A backup is not what was backed up: its file is damaged, or what it holds differs from what was written down.
    #[error("the backup `{file}` does not verify: {message}")]
    Verify {
        /// Its file.
        file: String,
        /// What differs.
        message: String,
    },
    /// A broken promise inside the program; never the user's fault.
    #[error("internal error: {0}")]
    Internal(String),
}

impl DwError {
    /// A schema disagreement found while reading a result.
    pub fn schema(message: impl Into<String>) -> Self {
        Self::SchemaMismatch {
            message: message.into(),
            hint: "run `init` with the same version of the binaries".to_owned(),
        }
    }

    /// A usage error.
    pub fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), hint: hint.into() }
    }

    /// The stable code that documents and log searches rely on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Usage { .. } => "DW-E0001",
            Self::Config { .. } => "DW-E0002",
            Self::Missing { .. } => "DW-E0010",
            Self::Unreachable { .. } => "DW-E0011",
            Self::Busy { .. } => "DW-E0012",
            Self::DiskFull { .. } => "DW-E0013",
            Self::Corrupt { .. } => "DW-E0014",
            Self::Connection { .. } => "DW-E0015",
            Self::TimedOut { .. } => "DW-E0016",
            Self::Permission { .. } => "DW-E0017",
            Self::CommitUnknown { .. } => "DW-E0018",
            Self::SchemaMismatch { .. } => "DW-E0020",
            Self::Constraint { .. } => "DW-E0021",
            Self::Statement { .. } => "DW-E0022",
            Self::ScriptUnfinished { .. } => "DW-E0023",
            Self::ScriptText { .. } => "DW-E0024",
            Self::LockHeld { .. } => "DW-E0030",
            Self::WatermarkMoved { .. } => "DW-E0031",
            Self::StillParked { .. } => "DW-E0032",
            Self::DependencyFailed { .. } => "DW-E0033",
            Self::LockLost { .. } => "DW-E0034",
            Self::Io { .. } => "DW-E0040",
            Self::Backup { .. } => "DW-E0050",
            Self::Verify { .. } => "DW-E0051",
            Self::Internal(_) => "DW-E0099",
        }
    }

    /// The exit code of a command that ends with this error.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage { .. } | Self::Config { .. } | Self::ScriptText { .. } => exit::USAGE,
            Self::Missing { database, .. }
            | Self::Unreachable { database, .. }
            | Self::Busy { database, .. }
            | Self::DiskFull { database, .. }
            | Self::Connection { database, .. }
            | Self::TimedOut { database, .. }
            | Self::CommitUnknown { database, .. }
            | Self::Permission { database, .. }
            | Self::Corrupt { database, .. } => match database {
                Database::Oltp => exit::SOURCE_UNREACHABLE,
                Database::Dw => exit::TARGET_UNREACHABLE,
            },
            Self::SchemaMismatch { .. } | Self::ScriptUnfinished { .. } => exit::SCHEMA_MISMATCH,
            Self::LockHeld { .. } | Self::LockLost { .. } => exit::LOCK_HELD,
            Self::Backup { .. } => exit::BACKUP,
            Self::Verify { .. } => exit::VERIFY,
            Self::Constraint { .. }
            | Self::Statement { .. }
            | Self::WatermarkMoved { .. }
            | Self::StillParked { .. }
            | Self::DependencyFailed { .. }
            | Self::Io { .. }
            | Self::Internal(_) => exit::FAILED,
        }
    }

    /// What the reader can do about it, as one sentence.
    pub fn hint(&self) -> String {
        match self {
            Self::Usage { hint, .. }
            | Self::Missing { hint, .. }
            | Self::SchemaMismatch { hint, .. }
            | Self::Backup { hint, .. }
            | Self::Connection { hint, .. } => hint.clone(),
            Self::TimedOut { .. } => "see what the server is doing, raise `sqlserver.timeout_seconds` if it needs longer, and run again: an open batch was rolled back".to_owned(),
            Self::Permission { .. } => "let `init --repair dw/grants`, and then `init`, grant it again, or use the login that is meant for this command (docs/operations.md)".to_owned(),
            Self::CommitUnknown { .. } => "run again: a batch is found to be committed or not by its watermark, and nothing is loaded twice".to_owned(),
            Self::LockLost { .. } => "run again: the batch was rolled back and nothing was lost".to_owned(),
            Self::Config { .. } => "`config/dw.example.toml` shows every setting with its range".to_owned(),
            Self::Unreachable { .. } => "check that the folder exists and that this user may write to it".to_owned(),
            Self::Busy { .. } => "wait for the other process to end, or stop it, and run again".to_owned(),
            Self::DiskFull { .. } => "free space and run again: the batch was rolled back and nothing was lost".to_owned(),
            Self::Corrupt { .. } => "restore the file from a backup; the warehouse can also be rebuilt with `init` and `etl run --full-refresh`".to_owned(),
            Self::Constraint { .. } => "the batch was rolled back; `-vvv` shows the statements".to_owned(),
            Self::Statement { .. } => "the batch was rolled back; run again, and report it when it comes back".to_owned(),
            Self::ScriptUnfinished { database, script, .. } => format!("look at what it has done to {database}, then run `init --repair {script}`, which forgets the attempt, and `init` again, which runs the script from its start"),
            Self::ScriptText { .. } => "mend the file in the folder of `sql_dir`; nothing has run".to_owned(),
            Self::LockHeld { .. } => "wait for that run to end, or stop that process".to_owned(),
            Self::WatermarkMoved { .. } => "make sure that only `etl` changes `ctl.etl_control`, and run again".to_owned(),
            Self::StillParked { .. } => "give the rows of the source distinct values, and run again".to_owned(),
            Self::DependencyFailed { dependency, .. } => format!("mend {dependency} and run again"),
            Self::Io { .. } => "check that the path exists and that this user may use it".to_owned(),
            Self::Verify { .. } => "keep the file for a look, and make another backup now with `backup once`; `backup list` shows the last one that is verified".to_owned(),
            Self::Internal(_) => "please report it with the log of `-vv`".to_owned(),
        }
    }

    /// True when the same operation may succeed later without anybody's help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Busy { .. } => true,
            Self::Statement { transient, .. } | Self::Backup { transient, .. } | Self::Connection { transient, .. } => {
                *transient
            }
            _ => false,
        }
    }
}
