//! `etl rewind`: after the source was restored, watermarks stand after what it knows. They go back, under the locks of all
//! entities, so that the next run reads again. Not here: restoring.
//!
//! Going back to the moment of the restore alone would leave errors behind: a row that was changed after it has its old value and
//! its old stamp again, below any such watermark. So an entity that was loaded since reads its source from the
//! beginning; rows that are equal are not written. What the source has lost is marked by `etl reconcile`.

use dw_audit::runs::Process;
use dw_core::engine::{Access, Engine};
use dw_core::entities;
use dw_core::error::{Database, DwError, DwResult};
use dw_core::sql_text;
use dw_core::sql_text::SqlText;
use dw_core::time::{self, Seconds, WATERMARK_START};
use dw_core::value::Value;

use crate::control;
use crate::run::lock_names;

const MOVE: SqlText = sql_text!("etl/move_watermark");

/// What became of the watermark of an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewound {
    /// Entity.
    pub entity: String,
    /// Its watermark before: stamp and key.
    pub before: (Seconds, i64),
    /// And now.
    pub after: (Seconds, i64),
}

impl Rewound {
    /// True when it went back.
    pub fn moved(&self) -> bool {
        self.before != self.after
    }
}

/// Moves back the watermarks of entities that were loaded after `to`, the moment at which the source stands again: all of them,
/// or none.
///
/// # Errors
/// [`DwError::LockHeld`] while an entity is run; otherwise of the engine.
pub async fn rewind(engine: &dyn Engine, to: Seconds) -> DwResult<Vec<Rewound>> {
    let names: Vec<&str> = entities::ALL.iter().map(|entity| entity.name).collect();
    let locks = lock_names(engine, names, &Process::current()).await?;
    let mut session = engine.open(Database::Dw, Access::ReadWrite, "etl rewind").await?;
    let mut tx = session.begin().await?;
    let sql = MOVE.for_dialect(tx.dialect())?;
    let mut all = Vec::new();
    for control in control::read(&mut *tx).await? {
        let before = control.watermark;
        // A change is committed after its stamp, so that stamps alone do not tell what was loaded since.
        let was_loaded_since = before.0 > to || control.last_success.is_some_and(|ended| ended >= to);
        let after = if was_loaded_since { (WATERMARK_START, 0) } else { before };
        let rewound = Rewound { entity: control.entity, before, after };
        if rewound.moved() {
            let params = [
                rewound.entity.as_str().into(),
                Value::seconds(after.0),
                after.1.into(),
                Value::seconds(before.0),
                before.1.into(),
                Value::seconds(time::now()),
            ];
            if tx.execute(&sql, &params).await? != 1 {
                return Err(DwError::WatermarkMoved { entity: rewound.entity });
            }
        }
        all.push(rewound);
    }
    for lock in &locks {
        lock.verify().await?;
    }
    tx.commit().await?;
    let place = |name: &str| entities::ALL.iter().position(|entity| entity.name == name);
    all.sort_by_key(|rewound| place(&rewound.entity));
    Ok(all)
}
