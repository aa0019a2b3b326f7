//! What commands report: plain structs, their JSON form and their listing. No logic and no database.

mod plan;
mod reconcile;
mod run;
mod status;

pub use plan::{PlanReport, PlannedEntity};
pub use reconcile::{ReconcileReport, ReconcileRow};
pub use run::{EntityRow, RunDocument};
pub use status::{StatusReport, StatusRow};
