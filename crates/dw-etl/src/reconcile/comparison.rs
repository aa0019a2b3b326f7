//! What is compared of each entity, and the statement that reads it on either side. These are statements of their own: nothing
//! here comes from the extraction or from the rules (ruling 32), except the rule of what is pending, which has one place
//! (ruling 23).

use dw_audit::freshness::{Horizon, pending_keys};
use dw_core::dialect::Dialect;
use dw_core::entities;
use dw_core::entity::EntityDescriptor;

/// In what a source tells the day of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DayUnit {
    /// DATETIME2(0).
    Seconds,
    /// DATE.
    Days,
}

/// The day whose month a row is shown in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Day {
    /// In the source.
    source: &'static str,
    /// How the source tells it.
    pub unit: DayUnit,
    /// In the warehouse: a `data_id`.
    target: &'static str,
}

/// An amount that is compared, row by row and in sum.
#[derive(Debug, Clone, Copy)]
pub(super) struct Amount {
    /// Name for the reader.
    pub name: &'static str,
    source: &'static str,
    target: &'static str,
}

/// The most amounts that an entity has.
pub(super) const AMOUNTS: usize = 5;

/// What is compared of an entity.
#[derive(Debug)]
pub(super) struct Comparison {
    /// Its tables and keys.
    pub entity: &'static EntityDescriptor,
    /// The source in T-SQL.
    from: &'static str,
    /// The key of the source.
    key: &'static str,
    /// A row is deleted when one of these is set.
    deleted: &'static [&'static str],
    /// The month; none for a dimension.
    pub day: Option<Day>,
    /// The amounts.
    pub amounts: &'static [Amount],
}

const fn amount(name: &'static str, source: &'static str, target: &'static str) -> Amount {
    Amount { name, source, target }
}

const fn dimension(entity: &'static EntityDescriptor, from: &'static str, key: &'static str) -> Comparison {
    Comparison { entity, from, key, deleted: &["s.deleted_at"], day: None, amounts: &[] }
}

/// All entities in the order of work.
pub(super) static ALL: &[Comparison] = &[
    dimension(&entities::DIM_CLIENTE, "core.customers s", "s.customer_id"),
    dimension(&entities::DIM_PRODUTO, "core.products s", "s.product_id"),
    dimension(&entities::DIM_REGIAO, "core.regions s", "s.region_id"),
    dimension(&entities::DIM_EQUIPE, "core.teams s", "s.team_id"),
    dimension(&entities::DIM_DESCONTO, "core.discount_campaigns s", "s.discount_id"),
    dimension(&entities::DIM_VENDEDOR, "core.sellers s", "s.seller_id"),
    Comparison {
        entity: &entities::FACT_VENDAS,
        from: "core.order_items i JOIN core.orders o ON o.order_id = i.order_id",
        key: "i.order_item_id",
        deleted: &["i.deleted_at", "o.deleted_at"],
        day: Some(Day { source: "o.order_date", unit: DayUnit::Seconds, target: "data_id" }),
        amounts: &[
            amount("net", "i.net_amount", "valor_total_liquido"),
            amount("gross", "i.gross_amount", "valor_total_bruto"),
            amount("discount", "i.discount_amount", "valor_total_descontos"),
            amount("cost", "i.cost_amount", "custo_total"),
            amount("returned", "i.returned_amount", "valor_devolvido"),
        ],
    },
    Comparison {
        entity: &entities::FACT_METAS,
        from: "core.seller_targets_monthly s",
        key: "s.seller_target_id",
        deleted: &["s.deleted_at"],
        day: Some(Day { source: "s.target_month", unit: DayUnit::Days, target: "data_id" }),
        amounts: &[
            amount("target", "s.target_amount", "valor_meta"),
            amount("realized", "s.realized_amount", "valor_realizado"),
        ],
    },
    Comparison {
        entity: &entities::FACT_DESCONTOS,
        from: "core.order_item_discounts x JOIN core.order_items i ON i.order_item_id = x.order_item_id \
               JOIN core.orders o ON o.order_id = i.order_id",
        key: "x.order_item_discount_id",
        deleted: &["x.deleted_at", "i.deleted_at", "o.deleted_at"],
        day: Some(Day { source: "x.applied_at", unit: DayUnit::Seconds, target: "data_aplicacao_id" }),
        amounts: &[
            amount("discount", "x.discount_amount", "valor_desconto_aplicado"),
            amount("base", "x.base_amount", "valor_sem_desconto"),
        ],
    },
];

impl Comparison {
    /// Name of the entity.
    pub fn name(&self) -> &'static str {
        self.entity.name
    }

    /// The rows of the source in the order of their keys: key, whether it is pending, whether it is deleted, day, amounts.
    /// Parameters: watermark stamp, watermark key.
    pub fn source(&self, dialect: &dyn Dialect) -> String {
        let is_live: Vec<String> = self.deleted.iter().map(|column| format!("{column} IS NULL")).collect();
        let amounts: String = self.amounts.iter().map(|amount| format!(", {}", amount.source)).collect();
        format!(
            "SELECT {key} AS row_key, CASE WHEN p.id IS NULL THEN 0 ELSE 1 END AS is_pending, \
             CASE WHEN {} THEN 0 ELSE 1 END AS is_deleted, {} AS row_day{amounts} \
             FROM {} LEFT JOIN ({}) p ON p.id = {key} ORDER BY {key}",
            is_live.join(" AND "),
            self.day.map_or("NULL", |day| day.source),
            dialect.translate(self.from),
            pending_keys(dialect, self.entity, Horizon::Open),
            key = self.key,
        )
    }

    /// The rows of the warehouse and the keys in quarantine in the order of their keys: key, whether it is one of quarantine,
    /// whether it is deleted, day, amounts. The member -1 and inferred members stand for no row of the source.
    pub fn target(&self, dialect: &dyn Dialect) -> String {
        let amounts: String = self.amounts.iter().map(|amount| format!(", t.{}", amount.target)).collect();
        let no_amounts = ", NULL".repeat(self.amounts.len());
        format!(
            "SELECT t.{key} AS row_key, 0 AS is_rejected, CASE WHEN t.excluido_em IS NULL THEN 0 ELSE 1 END AS is_deleted, \
             {} AS row_day{amounts} FROM {} t{} \
             UNION ALL SELECT r.source_key, 1, NULL, NULL{no_amounts} FROM {} r \
             WHERE r.entity_name = '{}' AND r.resolved_at IS NULL ORDER BY row_key, is_rejected",
            self.day.map_or("NULL".to_owned(), |day| format!("t.{}", day.target)),
            dialect.table(self.entity.target.schema, self.entity.target.name),
            self.real_rows().map(|real| format!(" WHERE {real}")).unwrap_or_default(),
            dialect.table("audit", "etl_reject"),
            self.name(),
            key = self.entity.business_key,
        )
    }

    /// What a row of the warehouse must be to stand for a row of the source; nothing to ask of a fact.
    pub fn real_rows(&self) -> Option<String> {
        let surrogate = self.entity.surrogate;
        self.entity.is_dimension().then(|| format!("t.eh_inferido = 0 AND t.{surrogate} <> -1"))
    }
}

#[cfg(test)]
mod tests {
    use dw_core::embedded::SqliteDialect;

    use super::*;

    #[test]
    fn every_entity_is_compared_and_none_has_more_amounts_than_there_is_room() {
        let names: Vec<&str> = ALL.iter().map(Comparison::name).collect();
        assert_eq!(names, entities::ALL.iter().map(|entity| entity.name).collect::<Vec<_>>());
        assert!(ALL.iter().all(|comparison| comparison.amounts.len() <= AMOUNTS));
    }

    #[test]
    fn statements_of_both_sides() {
        let text: Vec<String> = ALL
            .iter()
            .filter(|comparison| ["dim_equipe", "fact_vendas"].contains(&comparison.name()))
            .map(|comparison| {
                let (source, target) = (comparison.source(&SqliteDialect), comparison.target(&SqliteDialect));
                format!("# {}\n{source}\n\n{target}\n", comparison.name())
            })
            .collect();
        insta::assert_snapshot!(text.join("\n"));
    }
}
