//! What commands report: plain structs, their JSON form and their listing. No logic and no database.

mod alerts;
#[cfg(feature = "backup")]
pub mod backup;
mod check;
mod connections;
mod export;
mod plan;
mod reconcile;
mod run;
mod sla;
mod status;

pub use alerts::{AlertsDocument, ConditionRow, NoticeRow};
pub use check::{CheckDocument, CheckRow};
pub use connections::{AuditFileRow, ConnectionsReport, EventRow, HourRow, NameRow};
pub use export::{ExportReport, ExportedRow};
pub use plan::{PlanReport, PlannedEntity, PlannedStatement};
pub use reconcile::{AmountRow, DifferenceRow, ReconcileReport, ReconcileRow};
pub use run::{EntityRow, RunDocument};
pub use sla::{AilmentRow, DeadlineRow, SlaDocument};
pub use status::{RunningRow, StatusReport, StatusRow};
