//! The statements that bring a staged batch into its target: park, mark, insert, link, update, and what is recorded beside.

use dw_core::dialect::Compared;
use dw_core::entity::{Group, Swappable};
use dw_core::members;

use super::{Compare, Statements};
use crate::row_hash;
use crate::settle;

impl Statements {
    /// Business keys of target rows that hold a unique value which a staged row of another key brings (ruling 8).
    pub fn conflicts(&self, swappable: &Swappable) -> String {
        let key = self.descriptor().business_key;
        let same: Vec<String> = swappable.columns.iter().map(|column| format!("t.{column} = s.{column}")).collect();
        self.dialect.in_written_order(&format!(
            "SELECT DISTINCT t.{key} FROM {} s JOIN {} t ON {} WHERE t.{key} <> s.{key}",
            self.stage(),
            self.target(),
            same.join(" AND ")
        ))
    }

    /// Parks one target row. Parameter: its business key.
    pub fn park(&self, swappable: &Swappable) -> String {
        let key = self.descriptor().business_key;
        let hash = row_hash::COLUMN;
        match swappable.placeholder {
            Some(column) => format!(
                "UPDATE {} SET {column} = {}, {hash} = NULL WHERE {key} = @P1",
                self.target(),
                self.dialect.concat(&["'~'".to_owned(), format!("CAST({key} AS VARCHAR(20))")])
            ),
            // A target is parked on the member -1 and the first day on which nothing is parked.
            None => format!(
                "UPDATE {target} SET {hash} = NULL, vendedor_id = {unknown}, data_id = (SELECT MIN(d.data_id) FROM {days} d \
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
            self.incoming(),
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
            .chain([row_hash::COLUMN])
            .collect()
    }

    /// Marks the staged rows whose target row differs. The number of changed rows is the number of updates to come.
    pub fn mark_changed(&self, compare: Compare) -> String {
        let entity = self.descriptor();
        let hash = row_hash::COLUMN;
        let pairs: Vec<Compared> = self
            .owned_columns(true)
            .into_iter()
            .filter(|column| *column != entity.business_key)
            .map(|column| {
                let ty = entity.staged_type(column);
                let left = self.dialect.staged_value(&format!("s.{column}"), ty);
                Compared { ty, left, right: format!("t.{column}") }
            })
            .collect();
        let mut differs = match compare {
            Compare::Hash => format!("(t.{hash} IS NULL OR t.{hash} <> s.{hash})"),
            Compare::Values => self.dialect.differs(&pairs),
        };
        if entity.is_dimension() {
            differs = format!("({differs} OR t.eh_inferido = 1)");
        }
        self.dialect.update_from(
            &self.stage(),
            "s",
            &["changed = 1".to_owned()],
            &format!("{} t", self.target()),
            &format!("t.{} = s.target_id AND {differs}", entity.surrogate),
        )
    }

    /// Records a group of the rows that will be written: the old value (`true`) or the new one.
    pub fn record_group(&self, group: &Group, old: bool) -> String {
        let groups = self.dialect.table("ctl", "etl_affected_group");
        let entity = self.descriptor();
        let is_surrogate = group.column == entity.surrogate;
        let source = if old || is_surrogate {
            // From the batch to the target, never the other way: the batch is small.
            let join = self.dialect.in_written_order(&format!(
                "JOIN {} t ON t.{key} = s.{key}",
                self.target(),
                key = entity.business_key
            ));
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

    /// Records the months of the targets of sellers who are about to be no longer inferred: only then they have a rank.
    pub fn healed_months(&self) -> Option<String> {
        if self.descriptor().name != "dim_vendedor" {
            return None;
        }
        let groups = self.dialect.table("ctl", "etl_affected_group");
        Some(self.dialect.in_written_order(&format!(
            "INSERT INTO {groups} (group_kind, group_id) SELECT DISTINCT 'mes', f.data_id FROM {} s \
             JOIN {} t ON t.vendedor_id = s.target_id AND t.eh_inferido = 1 JOIN {} f ON f.vendedor_id = t.vendedor_id \
             WHERE NOT EXISTS (SELECT 1 FROM {groups} g WHERE g.group_kind = 'mes' AND g.group_id = f.data_id)",
            self.stage(),
            self.target(),
            self.dialect.table("fact", "FACT_METAS")
        )))
    }

    /// Records a group of one live target row. Parameter: its business key.
    pub fn record_group_of_key(&self, group: &Group) -> String {
        let groups = self.dialect.table("ctl", "etl_affected_group");
        format!(
            "INSERT INTO {groups} (group_kind, group_id) SELECT '{kind}', t.{column} FROM {} t \
             WHERE t.{} = @P1 AND t.excluido_em IS NULL AND t.{column} IS NOT NULL \
             AND NOT EXISTS (SELECT 1 FROM {groups} g WHERE g.group_kind = '{kind}' AND g.group_id = t.{column})",
            self.target(),
            self.descriptor().business_key,
            kind = group.kind,
            column = group.column
        )
    }

    /// Inserts the new rows. Parameter: the time of the load in milliseconds.
    pub fn insert(&self) -> String {
        format!("{} WHERE s.target_id IS NULL", self.insert_from(&format!("{} s", self.stage()), &|_| None))
    }

    /// An INSERT of staged values from `source`, whose alias is `s`; `value` gives those that are not staged.
    pub(super) fn insert_from(&self, source: &str, value: &dyn Fn(&str) -> Option<String>) -> String {
        let entity = self.descriptor();
        let mut columns: Vec<&str> = self.owned_columns(false);
        let staged = |column: &str| self.dialect.staged_value(&format!("s.{column}"), entity.staged_type(column));
        let mut values: Vec<String> =
            columns.iter().map(|column| value(column).unwrap_or_else(|| staged(column))).collect();
        if let Some((inserted, written)) = entity.load_stamps {
            columns.extend([inserted, written]);
            values.extend(["@P1".to_owned(), "@P1".to_owned()]);
        }
        if entity.name == "dim_equipe" {
            // Unique in the target and not in the source: a set step names the team once all rows are there.
            columns.push("nome_equipe");
            values.push(settle::unnamed_team(self.dialect, &format!("s.{}", entity.business_key)));
        }
        format!("INSERT INTO {} ({}) SELECT {} FROM {source}", self.target(), columns.join(", "), values.join(", "))
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
            self.incoming()
        )
    }

    /// Marks a row whose source row is gone. Parameters: now, business key. Inferred members are never marked (ruling 16).
    pub fn mark_deleted(&self) -> String {
        let entity = self.descriptor();
        let inferred = if entity.is_dimension() { " AND eh_inferido = 0" } else { "" };
        format!(
            "UPDATE {} SET excluido_em = @P1, {hash} = NULL WHERE {} = @P2 AND excluido_em IS NULL{inferred}",
            self.target(),
            entity.business_key,
            hash = row_hash::COLUMN
        )
    }
}
