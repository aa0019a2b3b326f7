//! Columns that are derived from a set of rows: team aggregates and leader, titles, ranks, customer totals, team names
//! (rulings 10 and 11). Batches record the groups that they affect; here each affected group is derived anew, once a run, in
//! bounded steps. A step forgets its groups in the transaction that derives them, so that a crash loses none.

use std::collections::HashSet;

use dw_core::dialect::{Compared, Dialect};
use dw_core::engine::Transaction;
use dw_core::error::DwResult;
use dw_core::schema::Table;
use dw_core::sql_text;
use dw_core::sql_text::SqlText;
use dw_core::sql_type::SqlType;
use dw_core::value::Value;

use crate::writers::{Writers, transact};

/// The group that stands for all groups of its kind. It is below every key, so that it comes first.
const ALL_GROUPS: i64 = i64::MIN;

/// Groups that one transaction derives.
const GROUPS_A_STEP: u64 = 20_000;

/// How the rows of a kind of group are derived.
#[derive(Debug, Clone, Copy)]
struct Derivation {
    /// Kind of group.
    kind: &'static str,
    /// The new values: the key first, then the columns of the target by name.
    select: SqlText,
    target: &'static Table,
    key: &'static str,
    columns: &'static [&'static str],
    /// Columns that are computed from those of `select` in the engine's own arithmetic: name, sum, count.
    means: &'static [(&'static str, &'static str, &'static str)],
    /// Likewise: name, amount, and the unit in cents of which the column counts at least one.
    ratios: &'static [(&'static str, &'static str, i64)],
}

use dw_core::catalog::dims::{DIM_CLIENTE, DIM_EQUIPE, DIM_VENDEDOR};
use dw_core::catalog::facts::FACT_METAS;

const GERENTE: Derivation = Derivation {
    kind: "gerente",
    select: sql_text!("etl/settle_gerente"),
    target: &DIM_VENDEDOR,
    key: "vendedor_id",
    columns: &["eh_lider", "cargo"],
    means: &[],
    ratios: &[],
};

const EQUIPE: Derivation = Derivation {
    kind: "equipe",
    select: sql_text!("etl/settle_equipe"),
    target: &DIM_EQUIPE,
    key: "equipe_id",
    columns: &[
        "lider_equipe_id",
        "nome_lider",
        "email_lider",
        "meta_mensal_equipe",
        "meta_trimestral_equipe",
        "meta_anual_equipe",
        "qtd_membros_atual",
        "qtd_membros_ideal",
    ],
    means: &[],
    // One sale for every 50,000 of the goal, at least one.
    ratios: &[("qtd_meta_vendas_mes", "meta_mensal_equipe", 5_000_000)],
};

const MES: Derivation = Derivation {
    kind: "mes",
    select: sql_text!("etl/settle_mes"),
    target: &FACT_METAS,
    key: "meta_id",
    columns: &["ranking_periodo", "quartil_performance"],
    means: &[],
    ratios: &[],
};

const CLIENTE: Derivation = Derivation {
    kind: "cliente",
    select: sql_text!("etl/settle_cliente"),
    target: &DIM_CLIENTE,
    key: "cliente_id",
    columns: &["total_compras_historico", "valor_total_gasto_historico"],
    means: &[("ticket_medio_historico", "valor_total_gasto_historico", "total_compras_historico")],
    ratios: &[],
};

const SELLERS_OF_TARGETS: SqlText = sql_text!("etl/settle_vendedor");
const KINDS: SqlText = sql_text!("etl/affected_kinds");
const TEAM_NAMES: SqlText = sql_text!("etl/team_names");

/// Derives what depends on sets of sellers: titles, then teams, and the ranks of sellers who are no longer inferred.
///
/// # Errors
/// Of the engine.
pub async fn after_sellers(writers: &Writers<'_>) -> DwResult<()> {
    let waiting = kinds(writers).await?;
    for derivation in [&GERENTE, &EQUIPE, &MES] {
        if waiting.contains(derivation.kind) {
            derive(writers, derivation).await?;
        }
    }
    Ok(())
}

/// The kinds of groups that wait: most runs have none, and are spared a transaction a kind.
async fn kinds(writers: &Writers<'_>) -> DwResult<HashSet<String>> {
    transact!(writers, tx => async {
        let sql = KINDS.for_dialect(tx.dialect())?;
        let found = tx.query(&sql, &[]).await?;
        let kind = |row: &[Value]| row.first().map_or(Ok(None), |kind| Ok(kind.text()?.map(str::to_owned)));
        found.rows().filter_map(|row| kind(row).transpose()).collect::<DwResult<HashSet<String>>>()
    })
}

/// Derives what depends on sets of sales: customer totals.
///
/// # Errors
/// Of the engine.
pub async fn after_sales(writers: &Writers<'_>) -> DwResult<()> {
    if kinds(writers).await?.contains(CLIENTE.kind) {
        derive(writers, &CLIENTE).await?;
    }
    Ok(())
}

/// Derives what depends on sets of targets: ranks, and the goals of the teams of their sellers.
///
/// # Errors
/// Of the engine.
pub async fn after_targets(writers: &Writers<'_>) -> DwResult<()> {
    let waiting = kinds(writers).await?;
    if waiting.contains(MES.kind) {
        derive(writers, &MES).await?;
    }
    if !waiting.contains("vendedor") && !waiting.contains(EQUIPE.kind) {
        return Ok(());
    }
    while let Some(highest) = next_step(writers, "vendedor").await? {
        transact!(writers, tx => teams_of_targets(tx, highest))?;
    }
    derive(writers, &EQUIPE).await
}

/// The groups of one step of sellers whose targets changed become groups of their teams.
async fn teams_of_targets(tx: &mut dyn Transaction, highest: i64) -> DwResult<()> {
    exclusive(tx, "vendedor").await?;
    exclusive(tx, "equipe").await?;
    let sql = SELLERS_OF_TARGETS.for_dialect(tx.dialect())?;
    tx.execute(&sql, &[highest.into()]).await?;
    forget(tx, "vendedor", highest).await
}

/// What stands in `nome_equipe` while a team has no name of its own: `#<key>` behind a blank that cannot be broken, which no
/// trimmed name of a source begins with.
pub(crate) fn unnamed_team(dialect: &dyn Dialect, key: &str) -> String {
    dialect.concat(&["CHAR(160)".to_owned(), "'#'".to_owned(), format!("CAST({key} AS VARCHAR(20))")])
}

/// Names the teams.
///
/// # Errors
/// Of the engine.
pub async fn team_names(writers: &Writers<'_>) -> DwResult<()> {
    transact!(writers, tx => name_teams(tx))
}

async fn name_teams(tx: &mut dyn Transaction) -> DwResult<()> {
    let dialect = tx.dialect();
    let target = dialect.table(DIM_EQUIPE.schema, DIM_EQUIPE.name);
    let names = TEAM_NAMES.for_dialect(dialect)?;
    let differs = dialect.differs(&compared(&DIM_EQUIPE, &["nome_equipe"]));
    // Two teams may exchange names: all that change give theirs up first.
    for (value, source) in [
        (unnamed_team(dialect, "t.equipe_original_id"), format!("({names}) x")),
        ("x.nome_equipe".to_owned(), format!("({names}) x")),
    ] {
        let sql = dialect.update_from(
            &target,
            "t",
            &[format!("nome_equipe = {value}")],
            &source,
            &format!("t.equipe_id = x.equipe_id AND {differs}"),
        );
        tx.execute(&sql, &[]).await?;
    }
    Ok(())
}

async fn derive(writers: &Writers<'_>, derivation: &Derivation) -> DwResult<()> {
    while let Some(highest) = next_step(writers, derivation.kind).await? {
        transact!(writers, tx => derive_step(tx, derivation, highest))?;
    }
    Ok(())
}

async fn derive_step(tx: &mut dyn Transaction, derivation: &Derivation, highest: i64) -> DwResult<()> {
    exclusive(tx, derivation.kind).await?;
    let changed = if tx.dialect().resolves_apart() {
        // First into a table of its own: a server that joins the target with what is still to be computed may compute it
        // once a row. Without parameters, because what a statement with parameters creates ends with it.
        let [drop, make, update] = update_in_steps(tx.dialect(), derivation, highest)?;
        tx.execute(&drop, &[]).await?;
        tx.execute(&make, &[]).await?;
        tx.execute(&update, &[]).await?
    } else {
        let sql = update(tx, derivation)?;
        tx.execute(&sql, &[highest.into()]).await?
    };
    tracing::debug!(kind = derivation.kind, changed, "derived");
    forget(tx, derivation.kind, highest).await
}

/// The new values in a temporary table, and the UPDATE from there.
fn update_in_steps(dialect: &dyn Dialect, derivation: &Derivation, highest: i64) -> DwResult<[String; 3]> {
    let (select, columns) = new_values(dialect, derivation)?;
    let select = select.replace("@P1", &highest.to_string());
    let temp = dialect.temp("settled");
    Ok([
        format!("DROP TABLE IF EXISTS {temp}"),
        format!("SELECT z.* INTO {temp} FROM ({select}) z"),
        update_from(dialect, derivation, &columns, &format!("{temp} x")),
    ])
}

fn update(tx: &mut dyn Transaction, derivation: &Derivation) -> DwResult<String> {
    let dialect = tx.dialect();
    let (select, columns) = new_values(dialect, derivation)?;
    Ok(update_from(dialect, derivation, &columns, &format!("({select}) x")))
}

/// The query of the new values, and the columns that it gives besides the key.
fn new_values(dialect: &dyn Dialect, derivation: &Derivation) -> DwResult<(String, Vec<&'static str>)> {
    let mut select = derivation.select.for_dialect(dialect)?;
    for (name, sum, count) in derivation.means {
        let mean = dialect.mean(&format!("y.{sum}"), &format!("y.{count}"));
        select = format!("SELECT y.*, {mean} AS {name} FROM ({select}) y");
    }
    for (name, amount, unit) in derivation.ratios {
        let unit = dialect.literal(SqlType::Decimal(15, 2), &Value::Int(*unit));
        let ratio = dialect.whole_ratio(&format!("y.{amount}"), &unit);
        select = format!("SELECT y.*, CASE WHEN {ratio} < 1 THEN 1 ELSE {ratio} END AS {name} FROM ({select}) y");
    }
    let computed = derivation.means.iter().map(|mean| mean.0).chain(derivation.ratios.iter().map(|ratio| ratio.0));
    Ok((select, derivation.columns.iter().copied().chain(computed).collect()))
}

fn update_from(dialect: &dyn Dialect, derivation: &Derivation, columns: &[&str], source: &str) -> String {
    let sets: Vec<String> = columns.iter().map(|column| format!("{column} = x.{column}")).collect();
    dialect.update_from(
        &dialect.table(derivation.target.schema, derivation.target.name),
        "t",
        &sets,
        source,
        &format!(
            "t.{key} = x.{key} AND {differs}",
            key = derivation.key,
            differs = dialect.differs(&compared(derivation.target, columns))
        ),
    )
}

/// The columns of a target `t` beside those that were derived as `x`.
fn compared(target: &Table, columns: &[&str]) -> Vec<Compared> {
    let pair = |name: &&str| {
        let ty = target.column(name).map_or(SqlType::BigInt, |column| column.ty);
        Compared { ty, left: format!("t.{name}"), right: format!("x.{name}") }
    };
    columns.iter().map(pair).collect()
}

/// Records that every group of a kind is affected: cheaper than to name each, when a target is loaded for the first time.
///
/// # Errors
/// Of the engine.
pub async fn affect_all(tx: &mut dyn Transaction, kind: &str) -> DwResult<()> {
    exclusive(tx, kind).await?;
    let groups = tx.dialect().table("ctl", "etl_affected_group");
    let sql = format!(
        "INSERT INTO {groups} (group_kind, group_id) SELECT @P1, @P2 \
         WHERE NOT EXISTS (SELECT 1 FROM {groups} g WHERE g.group_kind = @P1 AND g.group_id = @P2)"
    );
    tx.execute(&sql, &[kind.into(), ALL_GROUPS.into()]).await.map(|_| ())
}

/// Replaces the mark of [`affect_all`] by the groups that the targets have now.
async fn expand_all(tx: &mut dyn Transaction, kind: &str) -> DwResult<()> {
    let groups = tx.dialect().table("ctl", "etl_affected_group");
    let unmark = format!("DELETE FROM {groups} WHERE group_kind = @P1 AND group_id = @P2");
    if tx.execute(&unmark, &[kind.into(), ALL_GROUPS.into()]).await? == 0 {
        return Ok(());
    }
    for entity in dw_core::entities::ALL {
        for group in entity.groups.iter().filter(|group| group.kind == kind) {
            let target = tx.dialect().table(entity.target.schema, entity.target.name);
            let sql = format!(
                "INSERT INTO {groups} (group_kind, group_id) SELECT @P1, x.id FROM (SELECT DISTINCT {} AS id FROM {target}) x \
                 WHERE x.id IS NOT NULL AND NOT EXISTS \
                 (SELECT 1 FROM {groups} g WHERE g.group_kind = @P1 AND g.group_id = x.id)",
                group.column
            );
            tx.execute(&sql, &[kind.into()]).await?;
        }
    }
    Ok(())
}

/// The highest group of the next step, `None` when there is no group left.
async fn next_step(writers: &Writers<'_>, kind: &str) -> DwResult<Option<i64>> {
    transact!(writers, tx => find_step(tx, kind))
}

async fn find_step(tx: &mut dyn Transaction, kind: &str) -> DwResult<Option<i64>> {
    exclusive(tx, kind).await?;
    expand_all(tx, kind).await?;
    let dialect = tx.dialect();
    let groups = dialect.table("ctl", "etl_affected_group");
    let first = dialect
        .select_limited(&format!("group_id FROM {groups} WHERE group_kind = @P1 ORDER BY group_id"), GROUPS_A_STEP);
    let highest = tx.query(&format!("SELECT MAX(z.group_id) FROM ({first}) z"), &[kind.into()]).await?;
    highest.get(0, 0).int()
}

/// Whoever records groups of a kind, derives or forgets them is alone with the kind until his transaction ends: a group that
/// is recorded while its kind is derived would otherwise be forgotten with those that were.
///
/// # Errors
/// Of the engine.
pub async fn exclusive(tx: &mut dyn Transaction, kind: &str) -> DwResult<()> {
    tx.exclusive(&format!("groups of {kind}")).await
}

async fn forget(tx: &mut dyn Transaction, kind: &str, highest: i64) -> DwResult<()> {
    let groups = tx.dialect().table("ctl", "etl_affected_group");
    let sql = format!("DELETE FROM {groups} WHERE group_kind = @P1 AND group_id <= @P2");
    tx.execute(&sql, &[kind.into(), highest.into()]).await.map(|_| ())
}
