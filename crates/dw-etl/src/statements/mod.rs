//! The statements of an entity, built from its descriptor and columns for a dialect. Pure text: nothing runs here, and
//! snapshot tests show each statement in full.

mod applying;
mod extraction;
mod staging;

use dw_core::dialect::Dialect;
use dw_core::engine::update_computed;
use dw_core::entity::{Absent, EntityDescriptor};

use crate::entity::Entity;

/// How a staged row is compared with its target row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    /// By their hashes: cheap, and blind to what was changed by hand.
    Hash,
    /// Value by value: what a full refresh does.
    Values,
}

/// Builds the statements of one entity for one engine.
#[derive(Debug, Clone, Copy)]
pub struct Statements {
    entity: &'static dyn Entity,
    dialect: &'static dyn Dialect,
}

impl Statements {
    /// The builder.
    pub fn new(entity: &'static dyn Entity, dialect: &'static dyn Dialect) -> Self {
        Self { entity, dialect }
    }

    fn descriptor(&self) -> &'static EntityDescriptor {
        self.entity.descriptor()
    }

    fn target(&self) -> String {
        let target = self.descriptor().target;
        self.dialect.table(target.schema, target.name)
    }

    /// The staging table of the entity as statements name it.
    pub fn stage(&self) -> String {
        self.dialect.temp(&self.stage_name())
    }

    fn stage_name(&self) -> String {
        format!("stage_{}", self.descriptor().name)
    }

    /// Everything that a batch may run, in order, for `etl plan` and for snapshots.
    pub fn all(&self) -> Vec<(&'static str, String)> {
        let entity = self.descriptor();
        let mut all = vec![("any change", self.any_change()), ("collect changed keys", self.collect_keys())];
        all.extend(self.order_keys().into_iter().map(|sql| ("order keys", sql)));
        all.push(("read", self.read_work()));
        all.extend(self.create_stage().into_iter().map(|sql| ("stage", sql)));
        if self.dialect.resolves_apart() {
            all.extend(self.insert_resolved().map(|sql| ("insert into an empty target", sql)));
            all.push(("resolve", self.resolve(false, Compare::Hash)));
        } else {
            all.push(("resolve", update_computed(self.dialect, &self.stage(), &self.resolved(false))));
        }
        all.push(("count", self.count_stage()));
        for parent in self.parents() {
            if parent.absent == Absent::Infer {
                all.push(("infer members", self.infer(parent)));
            }
            all.push(("resolve again", self.resolve_again(parent)));
        }
        if let Some((read, delete)) = self.orphans() {
            all.push(("orphans", read));
            all.extend(self.forget_orphans().map(|sql| ("forget orphans", sql)));
            all.push(("remove orphans", delete));
        }
        for swappable in entity.swappable {
            all.extend([("conflicts", self.conflicts(swappable)), ("park", self.park(swappable))]);
        }
        all.push(("mark changed", self.mark_changed(Compare::Hash)));
        all.push(("mark changed, full refresh", self.mark_changed(Compare::Values)));
        for group in entity.groups {
            all.push(("old groups", self.record_group(group, true)));
        }
        all.extend(self.healed_months().map(|sql| ("healed months", sql)));
        all.push(("insert", self.insert()));
        all.extend(self.link_self().map(|sql| ("link", sql)));
        all.push(("update", self.update()));
        for group in entity.groups {
            all.push(("new groups", self.record_group(group, false)));
        }
        if !entity.swappable.is_empty() {
            all.push(("unpark", self.unpark()));
        }
        all.push(("resolve rejects", self.resolve_rejects()));
        all
    }
}
