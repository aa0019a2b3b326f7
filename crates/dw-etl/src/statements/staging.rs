//! The statements that stage a batch and find what its rows refer to.

use dw_core::engine::Computed;
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
        let target_id = format!(
            "(SELECT t.{} FROM {} t WHERE t.{key} = {{{key}}})",
            entity.surrogate,
            self.target(),
            key = entity.business_key
        );
        let target_id = if first_load && !entity.is_dimension() { "NULL".to_owned() } else { target_id };
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
}
