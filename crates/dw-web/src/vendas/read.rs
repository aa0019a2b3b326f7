//! Reads figures from the warehouse: each function is one statement of `sql/vendas`, aggregated by the database.

use std::sync::Arc;

use dw_core::dialect::Dialect;
use dw_core::error::DwResult;
use dw_core::sql_text;
use dw_core::sql_text::SqlText;
use dw_core::time::{Days, days_from_ymd};
use dw_core::value::{RowBatch, Value};

use super::figures::Sums;
use super::filters::{Compare, Filters, Lists};
use super::scope::{Reach, Statement, statement};
use crate::store::Store;

pub(super) static FRESHNESS: SqlText = sql_text!("vendas/freshness");
static BOUNDS: SqlText = sql_text!("vendas/bounds");
static LISTS: SqlText = sql_text!("vendas/filter_lists");
pub(super) static BY_DAY: SqlText = sql_text!("vendas/sums_by_day");
pub(super) static OF_PERIOD: SqlText = sql_text!("vendas/sums_of_period");
pub(super) static BY_PRODUCT: SqlText = sql_text!("vendas/sums_by_product");
pub(super) static BY_CATEGORY: SqlText = sql_text!("vendas/sums_by_category");
pub(super) static BY_STATE: SqlText = sql_text!("vendas/sums_by_state");
pub(super) static BY_SELLER: SqlText = sql_text!("vendas/sums_by_seller");
pub(super) static TARGETS_BY_MONTH: SqlText = sql_text!("vendas/targets_by_month");
pub(super) static TARGETS_BY_SELLER: SqlText = sql_text!("vendas/targets_by_seller");
pub(super) static DISCOUNTS_BY_DAY: SqlText = sql_text!("vendas/discounts_by_day");
pub(super) static DISCOUNTS_BY_MARGIN: SqlText = sql_text!("vendas/discounts_by_margin");
pub(super) static DISCOUNTS_BY_CAMPAIGN: SqlText = sql_text!("vendas/discounts_by_campaign");
pub(super) static DISCOUNTS_OF_PERIOD: SqlText = sql_text!("vendas/discounts_of_period");

/// Products that a page names.
pub(super) const BEST: u64 = 12;

/// Days, and the whole period before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    /// Each day that has a sale.
    pub days: Vec<(Days, Sums)>,
    /// All of them.
    pub total: Sums,
    /// The period before, where it is compared with and has a sale.
    pub before: Option<Sums>,
}

/// Sums of something that has a name, and what else is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// Category of a product, region of a state, team of a seller.
    pub belongs_to: String,
    /// Its sums.
    pub sums: Sums,
}

/// By what sales are summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum By {
    /// The best products.
    Product,
    /// Categories.
    Category,
    /// States.
    State,
    /// Sellers.
    Seller,
}

/// Targets and sales of a month or a seller.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// Month as its first day, or seller.
    pub name: String,
    /// Team of a seller.
    pub team: String,
    /// Sum of the targets.
    pub meta: i64,
    /// Net revenue.
    pub realizado: i64,
    /// Targets.
    pub com_meta: i64,
    /// Of them met.
    pub batidas: i64,
    /// Of them exceeded by a fifth.
    pub superadas: i64,
}

/// Sums over discounts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Discounts {
    /// Number.
    pub aplicacoes: i64,
    /// Amount granted.
    pub desconto: i64,
    /// Amount after the discount.
    pub receita: i64,
    /// Sum of the returns, in ten-thousandths.
    pub soma_roi: i64,
    /// Effect on the margin.
    pub impacto: i64,
    /// Approved ones.
    pub aprovados: i64,
}

/// A campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Campaign {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Type.
    pub kind: String,
    /// Method.
    pub method: String,
    /// Its sums.
    pub sums: Discounts,
}

/// The page of discounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiscountFigures {
    /// Each day that has one.
    pub days: Vec<(Days, Discounts)>,
    /// All of them.
    pub total: Discounts,
    /// The period before, where it is compared with and has any.
    pub before: Option<Discounts>,
    /// By what is left of the margin.
    pub margins: Vec<(String, Discounts)>,
    /// By campaign, the greatest discount first.
    pub campaigns: Vec<Campaign>,
}

/// The probe of the store.
///
/// # Errors
/// When a file that overrides the text cannot be read.
pub fn probe(dialect: &dyn Dialect) -> DwResult<String> {
    FRESHNESS.for_dialect(dialect)
}

/// What can be chosen.
///
/// # Errors
/// Of the store, as for all of them.
pub async fn lists(store: &Arc<Store>) -> DwResult<Lists> {
    let dialect = store.engine().dialect();
    let (bounds, values) = (BOUNDS.for_dialect(dialect)?, LISTS.for_dialect(dialect)?);
    let (bounds, values) = tokio::try_join!(store.query(&bounds, &[]), store.query(&values, &[]))?;
    let mut lists = Lists::default();
    for row in values.rows() {
        let (Some(kind), Some(value)) = (text(row, 0)?, text(row, 1)?) else { continue };
        match kind.as_str() {
            "estado" => lists.estados.push(value),
            "regiao" => lists.regioes.push(value),
            "categoria" => lists.categorias.push(value),
            "equipe" => lists.equipes.push(value),
            "vendedor" => lists.vendedores.push(value),
            "status_pedido" => lists.status.push(value),
            _ => {}
        }
    }
    if let (Some(first), Some(last)) = (bounds.get(0, 0).int()?, bounds.get(0, 1).int()?) {
        lists.bounds = day(first).zip(day(last));
    }
    Ok(lists)
}

/// Days of the period, and the period before.
pub async fn course(store: &Arc<Store>, filters: &Filters) -> DwResult<Course> {
    let days = make(store, BY_DAY, Reach::Keys, (filters.from, filters.to), filters)?;
    let before = make(store, OF_PERIOD, Reach::Keys, filters.previous(), filters)?;
    let (days, before) = tokio::try_join!(run(store, &days), async {
        if filters.compare == Compare::Nothing { Ok(RowBatch::default()) } else { run(store, &before).await }
    })?;
    let mut course = Course { days: Vec::with_capacity(days.len()), total: Sums::default(), before: None };
    for row in days.rows() {
        let (Some(at), sums) =
            (row.first().map(Value::int).transpose()?.flatten().and_then(day), Sums::read(&row[1..])?)
        else {
            continue;
        };
        course.total.add(&sums);
        course.days.push((at, sums));
    }
    course.before = before.rows().next().map(Sums::read).transpose()?.filter(|sums| sums.itens > 0);
    Ok(course)
}

/// Sums by name, best first.
pub async fn named(store: &Arc<Store>, by: By, filters: &Filters) -> DwResult<Vec<Named>> {
    let (text_of, names) = match by {
        By::Product => (BY_PRODUCT, 2),
        By::Category => (BY_CATEGORY, 1),
        By::State => (BY_STATE, 2),
        By::Seller => (BY_SELLER, 2),
    };
    let mut statement = make(store, text_of, Reach::Keys, (filters.from, filters.to), filters)?;
    if by == By::Product {
        statement.sql = limited(store.engine().dialect(), &statement.sql, BEST);
    }
    let rows = run(store, &statement).await?;
    let read = |row: &[Value]| -> DwResult<Named> {
        let belongs_to = if names == 2 { text(row, 1)?.unwrap_or_default() } else { String::new() };
        Ok(Named { name: text(row, 0)?.unwrap_or_default(), belongs_to, sums: Sums::read(&row[names..])? })
    };
    rows.rows().map(read).collect()
}

/// Targets by month and by seller.
pub async fn targets(store: &Arc<Store>, filters: &Filters) -> DwResult<(Vec<Target>, Vec<Target>)> {
    let months = make(store, TARGETS_BY_MONTH, Reach::Sellers, filters.months(), filters)?;
    let sellers = make(store, TARGETS_BY_SELLER, Reach::Sellers, filters.months(), filters)?;
    let (months, sellers) = tokio::try_join!(run(store, &months), run(store, &sellers))?;
    let read = |row: &[Value], names: usize, name: String, team: String| -> DwResult<Target> {
        let at =
            |place: usize| row.get(names + place).map_or(Ok(0), |value| value.int().map(|value| value.unwrap_or(0)));
        Ok(Target { name, team, meta: at(0)?, realizado: at(1)?, com_meta: at(2)?, batidas: at(3)?, superadas: at(4)? })
    };
    let month = |row: &[Value]| {
        let name = row.first().map(Value::int).transpose()?.flatten().map_or_else(String::new, |id| id.to_string());
        read(row, 1, name, String::new())
    };
    let seller = |row: &[Value]| read(row, 2, text(row, 0)?.unwrap_or_default(), text(row, 1)?.unwrap_or_default());
    Ok((months.rows().map(month).collect::<DwResult<_>>()?, sellers.rows().map(seller).collect::<DwResult<_>>()?))
}

/// The page of discounts.
pub async fn discounts(store: &Arc<Store>, filters: &Filters) -> DwResult<DiscountFigures> {
    let period = (filters.from, filters.to);
    let of = |text, period| make(store, text, Reach::Discounts, period, filters);
    let (days, margins) = (of(DISCOUNTS_BY_DAY, period)?, of(DISCOUNTS_BY_MARGIN, period)?);
    let (campaigns, before) = (of(DISCOUNTS_BY_CAMPAIGN, period)?, of(DISCOUNTS_OF_PERIOD, filters.previous())?);
    let (days, margins, campaigns, before) =
        tokio::try_join!(run(store, &days), run(store, &margins), run(store, &campaigns), async {
            if filters.compare == Compare::Nothing { Ok(RowBatch::default()) } else { run(store, &before).await }
        })?;
    let sums = |row: &[Value], from: usize| -> DwResult<Discounts> {
        let at =
            |place: usize| row.get(from + place).map_or(Ok(0), |value| value.int().map(|value| value.unwrap_or(0)));
        Ok(Discounts {
            aplicacoes: at(0)?,
            desconto: at(1)?,
            receita: at(2)?,
            soma_roi: at(3)?,
            impacto: at(4)?,
            aprovados: at(5)?,
        })
    };
    let mut figures = DiscountFigures {
        days: Vec::new(),
        total: Discounts::default(),
        before: before.rows().next().map(|row| sums(row, 0)).transpose()?.filter(|sums| sums.aplicacoes > 0),
        margins: Vec::new(),
        campaigns: Vec::new(),
    };
    for row in days.rows() {
        if let Some(at) = row.first().map(Value::int).transpose()?.flatten().and_then(day) {
            let sums = sums(row, 1)?;
            figures.total.add(&sums);
            figures.days.push((at, sums));
        }
    }
    for row in margins.rows() {
        figures.margins.push((text(row, 0)?.unwrap_or_default(), sums(row, 1)?));
    }
    for row in campaigns.rows() {
        let word = |at: usize| text(row, at).map(Option::unwrap_or_default);
        figures.campaigns.push(Campaign {
            code: word(0)?,
            name: word(1)?,
            kind: word(2)?,
            method: word(3)?,
            sums: sums(row, 4)?,
        });
    }
    Ok(figures)
}

impl Discounts {
    /// Adds those of another day.
    pub fn add(&mut self, other: &Self) {
        self.aplicacoes += other.aplicacoes;
        self.desconto += other.desconto;
        self.receita += other.receita;
        self.soma_roi += other.soma_roi;
        self.impacto += other.impacto;
        self.aprovados += other.aprovados;
    }
}

/// Every statement that these filters make, by its file, for those who want to look at them.
///
/// # Errors
/// When a file that overrides a text cannot be read.
pub fn statements(dialect: &dyn Dialect, filters: &Filters) -> DwResult<Vec<(&'static str, Statement)>> {
    let period = (filters.from, filters.to);
    let keys = [BY_DAY, BY_PRODUCT, BY_CATEGORY, BY_STATE, BY_SELLER].map(|text| (text, Reach::Keys, period));
    let goals = [TARGETS_BY_MONTH, TARGETS_BY_SELLER].map(|text| (text, Reach::Sellers, filters.months()));
    let given =
        [DISCOUNTS_BY_DAY, DISCOUNTS_BY_MARGIN, DISCOUNTS_BY_CAMPAIGN].map(|text| (text, Reach::Discounts, period));
    let before =
        [(OF_PERIOD, Reach::Keys, filters.previous()), (DISCOUNTS_OF_PERIOD, Reach::Discounts, filters.previous())];
    let all = keys.into_iter().chain(goals).chain(given).chain(before);
    let make = |(text, reach, period): (SqlText, Reach, (Days, Days))| {
        let mut made = statement(text, dialect, reach, period, filters)?;
        if text.name == BY_PRODUCT.name {
            made.sql = limited(dialect, &made.sql, BEST);
        }
        Ok((text.name, made))
    };
    all.map(make)
        .chain(
            [FRESHNESS, BOUNDS, LISTS]
                .map(|text| Ok((text.name, Statement { sql: text.for_dialect(dialect)?, params: Vec::new() }))),
        )
        .collect()
}

/// The day of `20260131`.
pub(super) fn day(data_id: i64) -> Option<Days> {
    let part = |value: i64| u32::try_from(value).ok();
    days_from_ymd(i32::try_from(data_id / 10_000).ok()?, part(data_id / 100 % 100)?, part(data_id % 100)?)
}

/// The same statement with at most so many rows.
fn limited(dialect: &dyn Dialect, sql: &str, most: u64) -> String {
    // The text begins with comments, which have no such word.
    sql.split_once("SELECT").map_or_else(|| sql.to_owned(), |(_, body)| dialect.select_limited(body.trim_start(), most))
}

fn make(
    store: &Arc<Store>,
    text: SqlText,
    reach: Reach,
    period: (Days, Days),
    filters: &Filters,
) -> DwResult<Statement> {
    statement(text, store.engine().dialect(), reach, period, filters)
}

async fn run(store: &Arc<Store>, statement: &Statement) -> DwResult<RowBatch> {
    store.query(&statement.sql, &statement.params).await
}

fn text(row: &[Value], at: usize) -> DwResult<Option<String>> {
    row.get(at).map_or(Ok(None), |value| value.text().map(|text| text.map(|text| text.trim_end().to_owned())))
}
