//! What a run would do, without doing it: from which watermark, up to which cutoff, how many rows, which statements, and what
//! makes it slower or less safe than it could be. Reads only; takes no lock.

use std::collections::BTreeMap;

use dw_audit::freshness;
use dw_core::catalog;
use dw_core::dialect::Dialect;
use dw_core::engine::{Access, Engine, Executor, OpenTransactionGuard};
use dw_core::entity::{Driver, EntityDescriptor, Phase};
use dw_core::error::{Database, DwError, DwResult};
use dw_core::schema::Table;
use dw_core::sql_text;
use dw_core::sql_text::SqlText;
use dw_core::time::{self, Seconds, WATERMARK_START};

use crate::control::{self, Control};
use crate::entity::Entity;
use crate::options::RunOptions;
use crate::source::SqlSource;
use crate::statements::Statements;

const INDEXES: SqlText = sql_text!("etl/source_indexes");
const INDEXES_EMBEDDED: SqlText = sql_text!("etl/source_indexes_embedded");

/// Rows that would be read, by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeyCounts {
    /// Rejected or parked before, and not among the others.
    pub again: u64,
    /// In the lookback: at or before the watermark.
    pub lookback: u64,
    /// Past the watermark.
    pub new: u64,
}

impl KeyCounts {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.again + self.lookback + self.new
    }
}

/// What a run would do with one entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedEntity {
    /// Name.
    pub entity: &'static str,
    /// Entities of one phase run side by side.
    pub phase: Phase,
    /// False when an operator switched it off; a run of all entities then skips it.
    pub is_active: bool,
    /// The last change that was loaded.
    pub watermark: (Seconds, i64),
    /// Where reading begins: before the watermark by the lookback.
    pub lower: Seconds,
    /// Minutes of the lookback.
    pub lookback_minutes: i64,
    /// Rows.
    pub rows: KeyCounts,
    /// Rows a batch.
    pub batch_size: usize,
    /// Batches, each one transaction.
    pub batches: u64,
    /// The statements with what each is for, in order.
    pub statements: Vec<(&'static str, String)>,
    /// What is slower or less safe than it could be.
    pub warnings: Vec<String>,
}

/// What a run would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The upper bound of all entities.
    pub cutoff: Seconds,
    /// What guards it against transactions that commit late (ruling 4).
    pub guard: OpenTransactionGuard,
    /// The entities in the order of work.
    pub entities: Vec<PlannedEntity>,
}

/// Plans a run with these options.
///
/// # Errors
/// Wrong options, or a database that cannot be read.
pub async fn plan(engine: &dyn Engine, options: &RunOptions) -> DwResult<Plan> {
    options.validate()?;
    let entities = options.entities.resolve()?;
    let mut source = engine.open(Database::Oltp, Access::ReadOnly, "etl plan").await?;
    let mut warehouse = engine.open(Database::Dw, Access::ReadOnly, "etl plan").await?;
    let controls = control::read(&mut *warehouse).await?;
    let (clock, oldest) = engine.source_clock().await?;
    let cutoff = freshness::upper_bound(clock, cutoff_minutes(options, &entities, &controls), oldest);
    let guard = engine.open_transaction_guard();
    let mut indexes = Indexes::default();
    let mut planned = Vec::new();
    for entity in entities {
        let control = find(&controls, entity)?;
        let name = entity.descriptor().name;
        let mut again = dw_audit::rejects::open_keys(&mut *warehouse, name).await?;
        again.extend(control::parked(&mut *warehouse, name).await?);
        again.sort_unstable();
        again.dedup();
        let mut item = outline(entity, control, options, engine.dialect());
        let window = options.reading_window(control, cutoff, again);
        item.lower = window.lower;
        let session = engine.open(Database::Oltp, Access::ReadOnly, "etl plan").await?;
        let [again, lookback, new] = SqlSource::new(session, entity, window).prepare().await?;
        item.rows = KeyCounts { again, lookback, new };
        item.batches = batches(&item.rows, item.batch_size, options.max_batches);
        item.warnings = indexes.warnings(&mut *source, entity.descriptor()).await?;
        item.warnings.extend(future_stamps(&mut *source, entity.descriptor(), clock).await?);
        item.warnings.extend(unguarded(guard, item.lookback_minutes));
        planned.push(item);
    }
    Ok(Plan { cutoff, guard, entities: planned })
}

/// The margin of a run: one for all entities, the widest of those that are switched on.
fn cutoff_minutes(options: &RunOptions, entities: &[&'static dyn Entity], controls: &[Control]) -> i64 {
    let widest = || {
        let chosen = |control: &&Control| entities.iter().any(|entity| entity.descriptor().name == control.entity);
        controls.iter().filter(chosen).filter(|control| control.is_active).map(|control| control.cutoff_minutes).max()
    };
    options.cutoff_minutes.or_else(widest).unwrap_or(2)
}

fn find<'c>(controls: &'c [Control], entity: &'static dyn Entity) -> DwResult<&'c Control> {
    let name = entity.descriptor().name;
    controls.iter().find(|control| control.entity == name).ok_or_else(|| DwError::SchemaMismatch {
        message: format!("{name} has no row in ctl.etl_control"),
        hint: "run `init`, which adds the rows that are missing".to_owned(),
    })
}

/// What is known without reading the source.
fn outline(
    entity: &'static dyn Entity,
    control: &Control,
    options: &RunOptions,
    dialect: &'static dyn Dialect,
) -> PlannedEntity {
    PlannedEntity {
        entity: entity.descriptor().name,
        phase: entity.descriptor().phase,
        is_active: control.is_active,
        watermark: control.watermark,
        lower: WATERMARK_START,
        lookback_minutes: options.lookback_minutes.unwrap_or(control.lookback_minutes),
        rows: KeyCounts::default(),
        batch_size: options.batch_size.unwrap_or_else(|| usize::try_from(control.batch_size).unwrap_or(1_000)),
        batches: 0,
        statements: Statements::new(entity, dialect).all(),
        warnings: Vec::new(),
    }
}

/// A batch holds rows of one class; only those of new changes are limited.
fn batches(rows: &KeyCounts, batch_size: usize, limit: Option<u64>) -> u64 {
    let size = u64::try_from(batch_size).unwrap_or(u64::MAX).max(1);
    let new = rows.new.div_ceil(size);
    rows.again.div_ceil(size) + rows.lookback.div_ceil(size) + limit.map_or(new, |limit| new.min(limit))
}

fn unguarded(guard: OpenTransactionGuard, lookback_minutes: i64) -> Option<String> {
    (guard == OpenTransactionGuard::Lookback && lookback_minutes == 0).then(|| {
        "the lookback is 0 minutes, and this engine cannot tell its oldest open transaction: a change that is committed \
         after the cutoff has passed its stamp is missed"
            .to_owned()
    })
}

/// Rows that no run reads before the clock has reached their stamp.
async fn future_stamps<E: Executor + ?Sized>(
    source: &mut E,
    entity: &EntityDescriptor,
    clock: Seconds,
) -> DwResult<Vec<String>> {
    let mut warnings = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for Driver { table, .. } in entity.drivers {
        if seen.contains(&table.name) {
            continue;
        }
        seen.push(table.name);
        let name = source.dialect().table(table.schema, table.name);
        let sql =
            format!("SELECT COUNT(*), CAST(MAX(d.updated_at) AS DATETIME2(0)) FROM {name} d WHERE d.updated_at > @P1");
        let found = source.query(&sql, &[dw_core::value::Value::seconds(clock)]).await?;
        if let (Some(count @ 1..), Some(newest)) = (found.get(0, 0).int()?, found.get(0, 1).int()?) {
            let rows = if count == 1 { "row" } else { "rows" };
            warnings.push(format!(
                "{count} {rows} of {} with an updated_at in the future, up to {}: not read before that time",
                table.full_name(),
                time::format_timestamp(newest)
            ));
        }
    }
    Ok(warnings)
}

/// The indexes of the source, read once a table: each as its key columns in order.
#[derive(Debug, Default)]
struct Indexes(BTreeMap<String, Vec<Vec<String>>>);

impl Indexes {
    /// What the seeks of an entity need and the source lacks (ruling 12).
    async fn warnings<E: Executor + ?Sized>(
        &mut self,
        source: &mut E,
        entity: &EntityDescriptor,
    ) -> DwResult<Vec<String>> {
        let mut warnings = Vec::new();
        for driver in entity.drivers {
            let mut needs = vec![Need { table: driver.table, columns: vec!["updated_at"] }];
            needs.extend(lookups(driver.joins));
            for need in needs {
                let existing = self.of(source, need.table).await?;
                let warning = need.warning(existing);
                warnings.extend(warning.filter(|warning| !warnings.contains(warning)));
            }
        }
        Ok(warnings)
    }

    async fn of<E: Executor + ?Sized>(&mut self, source: &mut E, table: &Table) -> DwResult<&Vec<Vec<String>>> {
        let name = table.full_name();
        if !self.0.contains_key(&name) {
            let text = if source.dialect().name() == "embedded" { INDEXES_EMBEDDED } else { INDEXES };
            let sql = text.for_dialect(source.dialect())?;
            let rows = source.query(&sql, &[name.as_str().into()]).await?;
            let mut indexes: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for row in rows.rows() {
                let [index, _, column] = row else { continue };
                if let (Some(index), Some(column)) = (index.text()?, column.text()?) {
                    indexes.entry(index.to_owned()).or_default().push(column.to_owned());
                }
            }
            self.0.insert(name.clone(), indexes.into_values().collect());
        }
        Ok(self.0.entry(name).or_default())
    }
}

/// A seek: an index of the table must begin with one of these columns.
#[derive(Debug)]
struct Need {
    table: &'static Table,
    columns: Vec<&'static str>,
}

impl Need {
    fn warning(&self, existing: &[Vec<String>]) -> Option<String> {
        let serves = |column: &str| self.columns.iter().any(|wanted| wanted.eq_ignore_ascii_case(column));
        if self.table.primary_key.first().is_some_and(|column| serves(column))
            || existing.iter().any(|index| index.first().is_some_and(|column| serves(column)))
        {
            return None;
        }
        let first = |columns: &[&str]| columns.first().and_then(|column| column.split(' ').next()).is_some_and(serves);
        let index = self.table.indexes.iter().find(|index| first(index.columns)).map(|index| index.name);
        let create = index.map(|name| format!("; `init` creates {name}")).unwrap_or_default();
        Some(format!(
            "{} has no index that begins with {}, so that every run reads the whole table{create}",
            self.table.full_name(),
            self.columns.join(" or ")
        ))
    }
}

/// The tables that the joins of a driving table look up, with the columns that are compared.
fn lookups(joins: &'static str) -> Vec<Need> {
    joins
        .split("JOIN ")
        .filter_map(|join| {
            let words: Vec<&'static str> = join.split_whitespace().collect();
            let [table, alias, conditions @ ..] = words.as_slice() else { return None };
            let prefix = format!("{alias}.");
            let is_equals = |at: Option<usize>| at.and_then(|at| conditions.get(at)) == Some(&"=");
            let columns = conditions.iter().enumerate().filter_map(|(at, word)| {
                let column = word.strip_prefix(prefix.as_str())?;
                (is_equals(at.checked_add(1)) || is_equals(at.checked_sub(1))).then_some(column)
            });
            Some(Need { table: catalog::find_table(table)?, columns: columns.collect() })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use dw_core::catalog::oltp;
    use dw_core::entities;

    use super::*;

    #[test]
    fn batches_are_of_one_class_and_only_new_ones_are_limited() {
        let rows = KeyCounts { again: 1, lookback: 10, new: 25 };
        assert_eq!((rows.total(), batches(&rows, 10, None), batches(&rows, 10, Some(2))), (36, 5, 4));
        assert_eq!(batches(&KeyCounts::default(), 10, None), 0);
    }

    #[test]
    fn every_seek_of_every_entity_is_served_by_an_index_of_the_catalogue() {
        for entity in entities::ALL {
            for driver in entity.drivers {
                let own = Need { table: driver.table, columns: vec!["updated_at"] };
                for need in lookups(driver.joins).into_iter().chain([own]) {
                    assert!(!need.columns.is_empty(), "{}: {}", entity.name, driver.joins);
                    let indexes = need.table.indexes.iter().map(|index| index.columns);
                    let existing: Vec<Vec<String>> = indexes
                        .chain(need.table.uniques.iter().map(|unique| unique.columns))
                        .map(|columns| columns.iter().map(|column| (*column).to_owned()).collect())
                        .collect();
                    assert_eq!(need.warning(&existing), None, "{}", entity.name);
                }
            }
        }
    }

    #[test]
    fn a_lookup_is_by_what_is_compared_and_a_missing_index_is_named() {
        let found = lookups("JOIN core.orders o ON o.customer_id = d.customer_id AND o.region_id IS NULL");
        assert_eq!((found.len(), found[0].table.name, &found[0].columns), (1, "orders", &vec!["customer_id"]));
        let need = Need { table: &oltp::ORDER_ITEM_DISCOUNTS, columns: vec!["order_item_id"] };
        let warning = need.warning(&[vec!["updated_at".to_owned()]]).unwrap();
        assert!(warning.ends_with("`init` creates IX_core_order_item_discounts_item"), "{warning}");
    }
}
