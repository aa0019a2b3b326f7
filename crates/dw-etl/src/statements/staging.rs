//! The statements that stage a batch and find what its rows refer to.

use dw_core::engine::{Computed, Lookup};
use dw_core::entity::{Absent, Missing, Parent};
use dw_core::members::{self, Member, MemberValue};
use dw_core::sql_type::SqlType;

use super::{Compare, Statements};
use crate::row_hash;

impl Statements {
    /// Columns that are bulk-copied: those of the rule, and the hash of the row.
    pub fn staged_columns(&self) -> Vec<&'static str> {
        self.entity.target_columns().iter().copied().chain([row_hash::COLUMN]).collect()
    }

    /// The copied columns with their staging types; all but the business key may be NULL.
    fn copied(&self) -> Vec<(String, String, bool)> {
        let bigint = self.dialect.staging_type(SqlType::BigInt);
        self.entity
            .target_columns()
            .iter()
            .zip(self.entity.target_types())
            .enumerate()
            .map(|(index, (column, ty))| ((*column).to_owned(), self.dialect.staging_type(*ty), index > 0))
            .chain([(row_hash::COLUMN.to_owned(), bigint, true)])
            .collect()
    }

    /// The table into which a batch is copied as it is, on an engine that resolves it apart.
    pub fn incoming(&self) -> String {
        if self.dialect.resolves_apart() { self.dialect.temp(&self.incoming_name()) } else { self.stage() }
    }

    fn incoming_name(&self) -> String {
        format!("in_{}", self.descriptor().name)
    }

    /// All references, that to the target itself last.
    pub fn parents(&self) -> impl Iterator<Item = &'static Parent> {
        self.descriptor().parents.iter().chain(self.descriptor().self_parent)
    }

    /// The stage: staged columns, resolved references, the surrogate of the target row and whether it will change.
    pub fn create_stage(&self) -> Vec<String> {
        let mut columns = self.copied();
        let bigint = self.dialect.staging_type(SqlType::BigInt);
        columns.extend(self.parents().map(|parent| (parent.column.to_owned(), bigint.clone(), true)));
        columns.push(("target_id".to_owned(), bigint.clone(), true));
        columns.push(("changed".to_owned(), bigint, true));
        let mut all = self.dialect.create_temp(&self.stage_name(), &columns, &[self.entity.target_columns()[0]]);
        if self.dialect.resolves_apart() {
            all.extend(self.dialect.create_temp(&self.incoming_name(), &self.copied(), &[]));
        }
        all
    }

    /// Empties the table into which the next batch is copied.
    pub fn clear_incoming(&self) -> String {
        self.dialect.clear_temp(&self.incoming_name())
    }

    /// Empties the stage.
    pub fn clear_stage(&self) -> String {
        self.dialect.clear_temp(&self.stage_name())
    }

    /// Inserts the copied rows whose references are all there straight into a target that had no row: the rest, if there is
    /// any, goes the long way. `None` where a row may take the unique value of another one, or where a missing reference is
    /// no member.
    pub fn insert_resolved(&self) -> Option<String> {
        let entity = self.descriptor();
        let plain = !entity.is_dimension()
            && entity.swappable.is_empty()
            && self.parents().all(|parent| parent.missing == Missing::Unknown);
        if !plain {
            return None;
        }
        let mut joins = String::new();
        let mut references = Vec::new();
        for (index, parent) in self.parents().enumerate() {
            let table = self.dialect.table(parent.table.schema, parent.table.name);
            // The member -1 has the business key -1, so that one join finds it too.
            joins.push_str(&format!(
                " JOIN {table} r{n} ON r{n}.{} = COALESCE(s.{}, {})",
                parent.business_key,
                parent.staged,
                members::UNKNOWN_KEY,
                n = index + 1
            ));
            references.push((parent.column, format!("r{}.{}", index + 1, parent.table.primary_key[0])));
        }
        let value = |column: &str| references.iter().find(|(name, _)| *name == column).map(|(_, found)| found.clone());
        Some(self.insert_from(&format!("{} s{joins}", self.incoming()), &value))
    }

    /// Moves the copied rows that are new or changed into the stage, with their target row and their references looked up.
    /// With [`Compare::Values`] all of them.
    pub fn resolve(&self, first_load: bool, compare: Compare) -> String {
        let mut names = self.staged_columns();
        let mut values: Vec<String> = names.iter().map(|column| format!("s.{column}")).collect();
        let mut joins = String::new();
        let computed = self.resolved(first_load);
        for (index, one) in computed.iter().enumerate() {
            let alias = format!("r{}", index + 1);
            names.push(&one.column);
            let Some(lookup) = &one.lookup else {
                values.push("NULL".to_owned());
                continue;
            };
            let found = format!("{alias}.{}", lookup.select);
            values.push(match lookup.without_key {
                None => found,
                Some(unknown) => format!("CASE WHEN s.{} IS NULL THEN {unknown} ELSE {found} END", lookup.staged),
            });
            joins.push_str(&format!(
                " LEFT JOIN {} {alias} ON {alias}.{} = s.{}",
                lookup.table, lookup.key, lookup.staged
            ));
        }
        let (hash, known) = (row_hash::COLUMN, computed.first().is_some_and(|own| own.lookup.is_some()));
        let which = match compare {
            // The target row is the first that is looked up. No row has no hash.
            Compare::Hash if known => format!(" WHERE r1.{hash} IS NULL OR r1.{hash} <> s.{hash}"),
            _ => String::new(),
        };
        format!(
            "INSERT INTO {} ({}) SELECT {} FROM {} s{joins}{which}",
            self.stage(),
            names.join(", "),
            values.join(", "),
            self.incoming()
        )
    }

    /// What is looked up for every staged row: its target row and the referenced rows.
    /// In the first load of a fact there is no target row to find; in that of a dimension there may be an inferred one.
    pub fn resolved(&self, first_load: bool) -> Vec<Computed> {
        let entity = self.descriptor();
        let own = Lookup {
            table: self.target(),
            select: entity.surrogate,
            key: entity.business_key,
            staged: entity.business_key,
            without_key: None,
        };
        let own = (!first_load || entity.is_dimension()).then_some(own);
        let mut all = vec![Computed { column: "target_id".to_owned(), lookup: own }];
        all.extend(
            self.parents()
                .map(|parent| Computed { column: parent.column.to_owned(), lookup: Some(self.parent_lookup(parent)) }),
        );
        all
    }

    fn parent_lookup(&self, parent: &Parent) -> Lookup {
        Lookup {
            table: self.dialect.table(parent.table.schema, parent.table.name),
            select: parent.table.primary_key[0],
            key: parent.business_key,
            staged: parent.staged,
            without_key: match parent.missing {
                Missing::Null => None,
                Missing::Unknown => Some(members::UNKNOWN_KEY),
            },
        }
    }

    /// One row: how many staged rows there are, how many are new, how many are newly marked as deleted, and for each reference how many are absent.
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
            "SELECT COUNT(*), COALESCE(SUM(CASE WHEN s.target_id IS NULL THEN 1 ELSE 0 END), 0), \
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
             WHERE s.{key} IS NOT NULL AND s.{} IS NULL{staged}) k \
             WHERE NOT EXISTS (SELECT 1 FROM {table} r WHERE r.{} = k.id)",
            columns.join(", "),
            values.join(", "),
            self.stage(),
            parent.column,
            parent.business_key,
            key = parent.staged
        )
    }

    fn is_self(&self, parent: &Parent) -> bool {
        self.descriptor().self_parent.is_some_and(|own| own.staged == parent.staged)
    }

    /// Looks absent references up once more, after members were inferred or rows inserted.
    pub fn resolve_again(&self, parent: &Parent) -> String {
        let lookup = Lookup { without_key: None, ..self.parent_lookup(parent) };
        let found = Computed { column: parent.column.to_owned(), lookup: Some(lookup) };
        self.dialect.update_as(
            &self.stage(),
            "s",
            &[format!("{} = {}", parent.column, found.expression(|staged| format!("s.{staged}")))],
            &format!("s.{} IS NULL AND s.{} IS NOT NULL", parent.column, parent.staged),
        )
    }

    /// The staged rows whose mandatory reference is absent: they are rejected and removed from the stage.
    pub fn orphans(&self) -> Option<(String, String)> {
        let parent = self.parents().find(|parent| parent.absent == Absent::Reject)?;
        let condition = format!("{} IS NULL", parent.column);
        Some((
            format!("SELECT {} FROM {} WHERE {condition}", self.entity.target_columns().join(", "), self.stage()),
            format!("DELETE FROM {} WHERE {condition}", self.stage()),
        ))
    }

    /// Removes from the copied rows what is about to be removed from the stage, where the two are apart.
    pub fn forget_orphans(&self) -> Option<String> {
        let parent = self.parents().find(|parent| parent.absent == Absent::Reject)?;
        let key = self.descriptor().business_key;
        self.dialect.resolves_apart().then(|| {
            format!(
                "DELETE FROM {} WHERE {key} IN (SELECT s.{key} FROM {} s WHERE s.{} IS NULL)",
                self.incoming(),
                self.stage(),
                parent.column
            )
        })
    }
}
