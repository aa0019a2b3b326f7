//! The statements of an entity, built from its descriptor and columns for a dialect. Pure text: nothing runs here, and
//! snapshot tests show each statement in full.

use dw_core::dialect::Dialect;
use dw_core::engine::{Computed, update_computed};
use dw_core::entity::{Absent, EntityDescriptor, Group, Missing, Parent, Swappable};
use dw_core::members::{self, Member, MemberValue};
use dw_core::sql_type::SqlType;

use crate::entity::Entity;

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

    // ---- extraction: the work table of changed keys ------------------------------------------------------------------

    /// Creates the two work tables: `keys`, one row a key with its newest stamp, and `work`, the keys in reading order.
    /// `class` is 0 for keys that are read again on purpose (rejects, parked rows), 1 for the lookback, 2 for new changes.
    pub fn create_work_tables(&self) -> Vec<String> {
        let bigint = self.dialect.staging_type(SqlType::BigInt);
        let column = |name: &str| (name.to_owned(), bigint.clone(), false);
        let mut all = self.dialect.create_temp("changed_keys", &[column("id"), column("stamp")], &["id"]);
        all.extend(self.dialect.create_temp("again_keys", &[column("id")], &["id"]));
        all.extend(self.dialect.create_temp(
            "work",
            &[column("class"), column("stamp"), column("id")],
            &["class", "stamp", "id"],
        ));
        all
    }

    /// The changed keys of one driving table: one seek on `(updated_at, key)`. Parameters: lower bound, upper bound.
    pub fn changed_keys_of(&self, driver: usize) -> String {
        let driver = &self.descriptor().drivers[driver];
        let table = self.dialect.table(driver.table.schema, driver.table.name);
        let joins = self.dialect.translate(driver.joins);
        let separator = if joins.is_empty() { "" } else { " " };
        // A key that may be NULL (a seller without a manager) is no key.
        format!(
            "SELECT {key} AS id, d.updated_at AS stamp FROM {table} d{separator}{joins} \
             WHERE d.updated_at >= @P1 AND d.updated_at <= @P2 AND {key} IS NOT NULL",
            key = driver.key
        )
    }

    /// Fills `changed_keys` from all driving tables. Parameters: lower bound, upper bound.
    pub fn collect_keys(&self) -> String {
        let keys = self.dialect.temp("changed_keys");
        match self.descriptor().drivers.len() {
            // The key of a single driving table is unique: nothing to group.
            1 => format!("INSERT INTO {keys} (id, stamp) {}", self.changed_keys_of(0)),
            count => {
                let all: Vec<String> = (0..count).map(|driver| self.changed_keys_of(driver)).collect();
                format!(
                    "INSERT INTO {keys} (id, stamp) SELECT u.id, MAX(u.stamp) FROM ({}) u GROUP BY u.id",
                    all.join(" UNION ALL ")
                )
            }
        }
    }

    /// Puts the keys into reading order. Parameters: watermark stamp, watermark id, stamp of keys that are read again.
    pub fn order_keys(&self) -> Vec<String> {
        let (keys, again, work) =
            (self.dialect.temp("changed_keys"), self.dialect.temp("again_keys"), self.dialect.temp("work"));
        vec![
            format!(
                "INSERT INTO {work} (class, stamp, id) SELECT 0, @P3, a.id FROM {again} a \
                 WHERE NOT EXISTS (SELECT 1 FROM {keys} k WHERE k.id = a.id)"
            ),
            format!(
                "INSERT INTO {work} (class, stamp, id) \
                 SELECT CASE WHEN k.stamp > @P1 OR (k.stamp = @P1 AND k.id > @P2) THEN 2 ELSE 1 END AS class, k.stamp, k.id \
                 FROM {keys} k ORDER BY 1, 2, 3"
            ),
        ]
    }

    /// How many keys wait, by class.
    pub fn count_work(&self) -> String {
        format!("SELECT class, COUNT(*) FROM {} GROUP BY class ORDER BY class", self.dialect.temp("work"))
    }

    /// Reads the changed rows in (class, stamp, key) order: class, stamp and key first, then the entity's columns.
    /// An outer join, so that a key whose row is gone is told (its entity columns are NULL).
    pub fn read_work(&self) -> String {
        let entity = self.descriptor();
        let columns: Vec<String> = self
            .entity
            .source_columns()
            .iter()
            .map(|column| format!("{} AS {}", self.dialect.translate(column.expression), column.name))
            .collect();
        let from = self.dialect.translate(entity.from);
        let key = format!("{}.{}", entity.alias, entity.source_key);
        let (first, rest) = split_first_table(&from);
        format!(
            "SELECT w.class, w.stamp, w.id, {} FROM {} w LEFT JOIN {first} ON {key} = w.id{} ORDER BY w.class, w.stamp, w.id",
            columns.join(", "),
            self.dialect.temp("work"),
            rest.replace(" JOIN ", " LEFT JOIN ").replace("LEFT LEFT", "LEFT")
        )
    }

    // ---- loading ---------------------------------------------------------------------------------------------------

    /// Columns that are bulk-copied into the stage.
    pub fn staged_columns(&self) -> &'static [&'static str] {
        self.entity.target_columns()
    }

    /// All references, that to the target itself last.
    pub fn parents(&self) -> impl Iterator<Item = &'static Parent> {
        self.descriptor().parents.iter().chain(self.descriptor().self_parent)
    }

    /// The stage: staged columns, resolved references, the surrogate of the target row and whether it will change.
    pub fn create_stage(&self) -> Vec<String> {
        let mut columns: Vec<(String, String, bool)> = self
            .entity
            .target_columns()
            .iter()
            .zip(self.entity.target_types())
            .enumerate()
            .map(|(index, (column, ty))| ((*column).to_owned(), self.dialect.staging_type(*ty), index > 0))
            .collect();
        let bigint = self.dialect.staging_type(SqlType::BigInt);
        columns.extend(self.parents().map(|parent| (parent.column.to_owned(), bigint.clone(), true)));
        columns.push(("target_id".to_owned(), bigint.clone(), true));
        columns.push(("changed".to_owned(), bigint, true));
        self.dialect.create_temp(&self.stage_name(), &columns, &[self.entity.target_columns()[0]])
    }

    /// Empties the stage.
    pub fn clear_stage(&self) -> String {
        self.dialect.clear_temp(&self.stage_name())
    }

    /// What is looked up for every staged row: its target row and the referenced rows.
    pub fn resolved(&self) -> Vec<Computed> {
        let entity = self.descriptor();
        let target_id = format!(
            "(SELECT t.{} FROM {} t WHERE t.{key} = {{{key}}})",
            entity.surrogate,
            self.target(),
            key = entity.business_key
        );
        let mut all = vec![Computed { column: "target_id".to_owned(), expression: target_id }];
        all.extend(self.parents().map(|parent| {
            let lookup = self.lookup(parent, &format!("{{{}}}", parent.staged));
            let expression = match parent.missing {
                Missing::Null => lookup,
                Missing::Unknown => {
                    format!("CASE WHEN {{{}}} IS NULL THEN {} ELSE {lookup} END", parent.staged, members::UNKNOWN_KEY)
                }
            };
            Computed { column: parent.column.to_owned(), expression }
        }));
        all
    }

    fn lookup(&self, parent: &Parent, key: &str) -> String {
        let table = self.dialect.table(parent.table.schema, parent.table.name);
        format!("(SELECT r.{} FROM {table} r WHERE r.{} = {key})", parent.table.primary_key[0], parent.business_key)
    }

    /// One row: how many staged rows are new, how many are newly marked as deleted, and for each reference how many are absent.
    pub fn count_stage(&self) -> String {
        let entity = self.descriptor();
        let absent: Vec<String> = self
            .parents()
            .map(|parent| {
                format!(
                    ", COALESCE(SUM(CASE WHEN s.{} IS NULL AND s.{} IS NOT NULL THEN 1 ELSE 0 END), 0)",
                    parent.column, parent.staged
                )
            })
            .collect();
        format!(
            "SELECT COALESCE(SUM(CASE WHEN s.target_id IS NULL THEN 1 ELSE 0 END), 0), \
             COALESCE(SUM(CASE WHEN s.excluido_em IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {} t \
             WHERE t.{} = s.target_id AND t.excluido_em IS NOT NULL) THEN 1 ELSE 0 END), 0){} FROM {} s",
            self.target(),
            entity.surrogate,
            absent.concat(),
            self.stage()
        )
    }

    /// Inserts inferred members for the keys of a reference that have no row. For the reference to the target itself, keys
    /// that are staged are left out: their rows come with this batch.
    pub fn infer(&self, parent: &Parent) -> String {
        let table = self.dialect.table(parent.table.schema, parent.table.name);
        let mut columns = Vec::new();
        let mut values = Vec::new();
        for (name, value) in members::member_values(parent.table, Member::Inferred) {
            let ty = parent.table.column(name).map_or(SqlType::BigInt, |column| column.ty);
            columns.push(name);
            values.push(match value {
                MemberValue::Fixed(value) => self.dialect.literal(ty, &value),
                MemberValue::Key => "k.id".to_owned(),
                MemberValue::UniqueText => {
                    self.dialect.concat(&["'#'".to_owned(), "CAST(k.id AS VARCHAR(20))".to_owned()])
                }
            });
        }
        let staged = if self.is_self(parent) {
            format!(
                " AND NOT EXISTS (SELECT 1 FROM {} o WHERE o.{} = s.{})",
                self.stage(),
                self.descriptor().business_key,
                parent.staged
            )
        } else {
            String::new()
        };
        format!(
            "INSERT INTO {table} ({}) SELECT {} FROM (SELECT DISTINCT s.{key} AS id FROM {} s \
             WHERE s.{key} IS NOT NULL AND s.{} IS NULL{staged}) k",
            columns.join(", "),
            values.join(", "),
            self.stage(),
            parent.column,
            key = parent.staged
        )
    }

    fn is_self(&self, parent: &Parent) -> bool {
        self.descriptor().self_parent.is_some_and(|own| own.staged == parent.staged)
    }

    /// Looks absent references up once more, after members were inferred or rows inserted.
    pub fn resolve_again(&self, parent: &Parent) -> String {
        format!(
            "UPDATE {} SET {} = {} WHERE {} IS NULL AND {} IS NOT NULL",
            self.stage(),
            parent.column,
            self.lookup(parent, &format!("{}.{}", self.stage_name(), parent.staged)),
            parent.column,
            parent.staged
        )
    }

    /// The staged rows whose mandatory reference is absent: they are rejected and removed from the stage.
    pub fn orphans(&self) -> Option<(String, String)> {
        let parent = self.parents().find(|parent| parent.absent == Absent::Reject)?;
        let condition = format!("{} IS NULL", parent.column);
        Some((
            format!("SELECT {} FROM {} WHERE {condition}", self.staged_columns().join(", "), self.stage()),
            format!("DELETE FROM {} WHERE {condition}", self.stage()),
        ))
    }

    /// Business keys of target rows that hold a unique value which a staged row of another key brings (ruling 8).
    pub fn conflicts(&self, swappable: &Swappable) -> String {
        let key = self.descriptor().business_key;
        let same: Vec<String> = swappable.columns.iter().map(|column| format!("t.{column} = s.{column}")).collect();
        format!(
            "SELECT DISTINCT t.{key} FROM {} s JOIN {} t ON {} WHERE t.{key} <> s.{key}",
            self.stage(),
            self.target(),
            same.join(" AND ")
        )
    }

    /// Parks one target row. Parameter: its business key.
    pub fn park(&self, swappable: &Swappable) -> String {
        let key = self.descriptor().business_key;
        match swappable.placeholder {
            Some(column) => format!(
                "UPDATE {} SET {column} = {} WHERE {key} = @P1",
                self.target(),
                self.dialect.concat(&["'#'".to_owned(), format!("CAST({key} AS VARCHAR(20))")])
            ),
            // A target is parked on the member -1 and the first day on which nothing is parked.
            None => format!(
                "UPDATE {target} SET vendedor_id = {unknown}, data_id = (SELECT MIN(d.data_id) FROM {days} d \
                 WHERE NOT EXISTS (SELECT 1 FROM {target} f WHERE f.vendedor_id = {unknown} AND f.data_id = d.data_id)) \
                 WHERE {key} = @P1",
                target = self.target(),
                days = self.dialect.table("dim", "DIM_DATA"),
                unknown = members::UNKNOWN_KEY
            ),
        }
    }

    /// Forgets parked rows that this batch brings.
    pub fn unpark(&self) -> String {
        format!(
            "DELETE FROM {} WHERE entity_name = '{}' AND EXISTS (SELECT 1 FROM {} s WHERE s.{} = source_key)",
            self.dialect.table("ctl", "etl_parked"),
            self.descriptor().name,
            self.stage(),
            self.descriptor().business_key
        )
    }

    /// The columns that a row rule owns, as the target names them; `without_insert_only` for what an UPDATE compares and writes.
    fn owned_columns(&self, without_insert_only: bool) -> Vec<&'static str> {
        let entity = self.descriptor();
        let staged_parents: Vec<&str> = self.parents().map(|parent| parent.staged).collect();
        self.entity
            .target_columns()
            .iter()
            .copied()
            .filter(|column| !staged_parents.contains(column))
            .filter(|column| !(without_insert_only && entity.insert_only.contains(column)))
            .chain(self.parents().map(|parent| parent.column))
            .collect()
    }

    /// Marks the staged rows whose target row differs. The number of changed rows is the number of updates to come.
    pub fn mark_changed(&self) -> String {
        let entity = self.descriptor();
        let name = self.stage_name();
        let columns: Vec<&str> =
            self.owned_columns(true).into_iter().filter(|column| *column != entity.business_key).collect();
        let mut differs = self.dialect.differs(&columns, &name, "t");
        if entity.is_dimension() {
            differs = format!("({differs} OR t.eh_inferido = 1)");
        }
        self.dialect.update_from(
            &self.stage(),
            &name,
            &["changed = 1".to_owned()],
            &format!("{} t", self.target()),
            &format!("t.{} = {name}.target_id AND {differs}", entity.surrogate),
        )
    }

    /// Records a group of the rows that will be written: the old value (`true`) or the new one.
    pub fn record_group(&self, group: &Group, old: bool) -> String {
        let groups = self.dialect.table("ctl", "etl_affected_group");
        let entity = self.descriptor();
        let is_surrogate = group.column == entity.surrogate;
        let source = if old || is_surrogate {
            let join = format!("JOIN {} t ON t.{key} = s.{key}", self.target(), key = entity.business_key);
            let which =
                if old { "s.changed = 1 AND s.target_id IS NOT NULL" } else { "s.changed = 1 OR s.target_id IS NULL" };
            format!("SELECT DISTINCT t.{} AS id FROM {} s {join} WHERE {which}", group.column, self.stage())
        } else {
            format!(
                "SELECT DISTINCT s.{} AS id FROM {} s WHERE s.changed = 1 OR s.target_id IS NULL",
                group.column,
                self.stage()
            )
        };
        format!(
            "INSERT INTO {groups} (group_kind, group_id) SELECT '{kind}', x.id FROM ({source}) x WHERE x.id IS NOT NULL \
             AND NOT EXISTS (SELECT 1 FROM {groups} g WHERE g.group_kind = '{kind}' AND g.group_id = x.id)",
            kind = group.kind
        )
    }

    /// Inserts the new rows. Parameter: the time of the load in milliseconds.
    pub fn insert(&self) -> String {
        let entity = self.descriptor();
        let mut columns: Vec<&str> = self.owned_columns(false);
        let mut values: Vec<String> = columns
            .iter()
            .map(|column| self.dialect.staged_value(&format!("s.{column}"), entity.staged_type(column)))
            .collect();
        if let Some((inserted, written)) = entity.load_stamps {
            columns.extend([inserted, written]);
            values.extend(["@P1".to_owned(), "@P1".to_owned()]);
        }
        if entity.name == "dim_equipe" {
            // Unique in the target and not in the source: a set step names the team once all rows are there.
            columns.push("nome_equipe");
            values.push(
                self.dialect.concat(&["'#'".to_owned(), format!("CAST(s.{} AS VARCHAR(20))", entity.business_key)]),
            );
        }
        format!(
            "INSERT INTO {} ({}) SELECT {} FROM {} s WHERE s.target_id IS NULL",
            self.target(),
            columns.join(", "),
            values.join(", "),
            self.stage()
        )
    }

    /// Updates the rows that differ. Parameter: the time of the load in milliseconds.
    pub fn update(&self) -> String {
        let entity = self.descriptor();
        let mut sets: Vec<String> = self
            .owned_columns(true)
            .into_iter()
            .filter(|column| *column != entity.business_key)
            .map(|column| {
                let value = self.dialect.staged_value(&format!("s.{column}"), entity.staged_type(column));
                format!("{column} = {value}")
            })
            .collect();
        if let Some((_, written)) = entity.load_stamps {
            sets.push(format!("{written} = @P1"));
        }
        if entity.is_dimension() {
            sets.push("eh_inferido = 0".to_owned());
        }
        self.dialect.update_from(
            &self.target(),
            "t",
            &sets,
            &format!("{} s", self.stage()),
            &format!("t.{} = s.target_id AND s.changed = 1", entity.surrogate),
        )
    }

    /// Sets the reference to the target itself in the rows that this batch inserted before their parent was there.
    pub fn link_self(&self) -> Option<String> {
        let entity = self.descriptor();
        let parent = entity.self_parent?;
        Some(self.dialect.update_from(
            &self.target(),
            "t",
            &[format!("{} = s.{}", parent.column, parent.column)],
            &format!("{} s", self.stage()),
            &format!(
                "t.{key} = s.{key} AND s.target_id IS NULL AND s.{column} IS NOT NULL AND t.{column} IS NULL",
                key = entity.business_key,
                column = parent.column
            ),
        ))
    }

    /// Closes the quarantine of the keys that this batch loaded. Parameter: now.
    pub fn resolve_rejects(&self) -> String {
        format!(
            "UPDATE {} SET resolved_at = @P1, resolution = 'loaded' WHERE entity_name = '{}' AND resolved_at IS NULL \
             AND source_key IN (SELECT s.{} FROM {} s)",
            self.dialect.table("audit", "etl_reject"),
            self.descriptor().name,
            self.descriptor().business_key,
            self.stage()
        )
    }

    /// Marks a row whose source row is gone. Parameters: now, business key. Inferred members are never marked (ruling 16).
    pub fn mark_deleted(&self) -> String {
        let entity = self.descriptor();
        let inferred = if entity.is_dimension() { " AND eh_inferido = 0" } else { "" };
        format!(
            "UPDATE {} SET excluido_em = @P1 WHERE {} = @P2 AND excluido_em IS NULL{inferred}",
            self.target(),
            entity.business_key
        )
    }

    /// Everything that a batch may run, in order, for `etl plan` and for snapshots.
    pub fn all(&self) -> Vec<(&'static str, String)> {
        let entity = self.descriptor();
        let mut all = vec![("collect changed keys", self.collect_keys())];
        all.extend(self.order_keys().into_iter().map(|sql| ("order keys", sql)));
        all.push(("read", self.read_work()));
        all.extend(self.create_stage().into_iter().map(|sql| ("stage", sql)));
        all.push(("resolve", update_computed(&self.stage(), &self.resolved())));
        all.push(("count", self.count_stage()));
        for parent in self.parents() {
            if parent.absent == Absent::Infer {
                all.push(("infer members", self.infer(parent)));
            }
            all.push(("resolve again", self.resolve_again(parent)));
        }
        if let Some((read, delete)) = self.orphans() {
            all.extend([("orphans", read), ("remove orphans", delete)]);
        }
        for swappable in entity.swappable {
            all.extend([("conflicts", self.conflicts(swappable)), ("park", self.park(swappable))]);
        }
        all.push(("mark changed", self.mark_changed()));
        for group in entity.groups {
            all.push(("old groups", self.record_group(group, true)));
        }
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

/// `core.x a JOIN ..` as (`core.x a`, ` JOIN ..`).
fn split_first_table(from: &str) -> (&str, &str) {
    let end = [" JOIN ", " LEFT JOIN "].iter().filter_map(|join| from.find(join)).min().unwrap_or(from.len());
    from.split_at(end)
}
