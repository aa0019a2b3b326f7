//! What commands report: plain structs, their JSON form and their listing. No logic and no database.

mod connections;
mod export;
mod plan;
mod reconcile;
mod run;
mod status;

pub use connections::{AuditFileRow, ConnectionsReport, EventRow, HourRow, NameRow};
pub use export::{ExportReport, ExportedRow};
pub use plan::{PlanReport, PlannedEntity, PlannedStatement};
pub use reconcile::{AmountRow, DifferenceRow, ReconcileReport, ReconcileRow};
pub use run::{EntityRow, RunDocument};
pub use status::{RunningRow, StatusReport, StatusRow};
