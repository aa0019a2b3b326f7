//! Configuration: one typed tree of settings, filled from defaults, a file, the environment and flags, in this order.
//!
//! Every value knows where it came from, and whatever is wrong is reported with that place: `dw.toml:7`,
//! `environment variable DW_ENGINE`, `--batch-size`. [`resolve`] is pure: file text and environment come in as
//! arguments. [`load`] is the thin layer that reads them from the machine.
//! Not here: what a setting does; that is said by the crate that uses it and by `config/dw.example.toml`.

mod connection;
mod connection_string;
mod env;
mod file;
mod key;
mod layer;
mod load;
mod secret;
mod settings;
mod suggest;
mod value;

#[cfg(test)]
mod tests;

pub use connection::ConnectionTarget;
pub use connection_string::{ConnectionString, ConnectionStringError, IgnoredKeyword};
pub use layer::{FileText, FlagValue, Sources, resolve};
pub use load::{DEFAULT_FILE, FILE_VARIABLE, Overrides, load};
pub use secret::Secret;
pub use settings::{
    AlertSettings, AuditSettings, BackupSettings, Columnstore, EffectiveSetting, EngineKind, EtlSettings,
    LoginSettings, OutputFormat, QualitySettings, RecoveryModel, Settings, SlaSettings, SqlServerSettings,
    VendasSettings, WebSettings,
};
pub use suggest::closest;
