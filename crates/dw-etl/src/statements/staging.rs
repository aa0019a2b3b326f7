//! The statements that stage a batch and find what its rows refer to.

use dw_core::engine::{Computed, Lookup};
use dw_core::entity::{Absent, Missing, Parent};
use dw_core::members::{self, Member, MemberValue};
use dw_core::sql_type::SqlType;

use super::Statements;

impl Statements {
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
            format!("SELECT {} FROM {} WHERE {condition}", self.staged_columns().join(", "), self.stage()),
            format!("DELETE FROM {} WHERE {condition}", self.stage()),
        ))
    }
}
