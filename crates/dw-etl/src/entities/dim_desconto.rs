//! Discount campaigns: `core.discount_campaigns` to `dim.DIM_DESCONTO`. Not here: whether a campaign has expired, which
//! depends on today and is computed when read (product decision 8).

use dw_core::entities;
use rust_decimal::Decimal;

use crate::entities::{guard, text};
use crate::entity::TransformContext;
use crate::reject::Rejection;

crate::source_row! {
    /// A row of core.discount_campaigns.
    pub struct Source {
        discount_id: i64 = "c.discount_id" => BigInt,
        discount_code: String = "c.discount_code" => VarChar(50),
        campaign_name: Option<String> = "c.campaign_name" => VarChar(150),
        description: Option<String> = "c.description" => VarChar(500),
        discount_type: String = "c.discount_type" => VarChar(30),
        discount_method: String = "c.discount_method" => VarChar(30),
        discount_value: Option<Decimal> = "c.discount_value" => Decimal(10, 2),
        min_order_value: Option<Decimal> = "c.min_order_value" => Decimal(15, 2),
        max_discount_value: Option<Decimal> = "c.max_discount_value" => Decimal(15, 2),
        max_uses_per_customer: Option<i64> = "c.max_uses_per_customer" => Int,
        max_uses_total: Option<i64> = "c.max_uses_total" => Int,
        apply_scope: String = "c.apply_scope" => VarChar(30),
        product_restriction: Option<String> = "c.product_restriction" => VarChar(500),
        start_at: i64 = "c.start_at" => DateTime2(0),
        end_at: i64 = "c.end_at" => DateTime2(0),
        is_active: bool = "c.is_active" => Bit,
        is_stackable: bool = "c.is_stackable" => Bit,
        approval_required: bool = "c.approval_required" => Bit,
        current_usage_count: i64 = "c.current_usage_count" => Int,
        total_revenue_generated: Decimal = "c.total_revenue_generated" => Decimal(15, 2),
        total_discount_given: Decimal = "c.total_discount_given" => Decimal(15, 2),
        created_at: i64 = "c.created_at" => DateTime2(0),
        updated_at: i64 = "c.updated_at" => DateTime2(0),
        deleted_at: Option<i64> = "c.deleted_at" => DateTime2(0),
    }
}

crate::target_row! {
    /// A staged row of dim.DIM_DESCONTO.
    pub struct Target of entities::DIM_DESCONTO {
        desconto_original_id: i64,
        codigo_desconto: String,
        nome_campanha: Option<String>,
        descricao: Option<String>,
        tipo_desconto: &'static str,
        metodo_desconto: &'static str,
        valor_desconto: Option<Decimal>,
        min_valor_compra_regra: Option<Decimal>,
        max_valor_desconto_regra: Option<Decimal>,
        max_usos_por_cliente: Option<i64>,
        max_usos_total: Option<i64>,
        aplica_em: &'static str,
        restricao_produtos: Option<String>,
        restricao_clientes: Option<&'static str>,
        data_inicio_validade: i64,
        data_fim_validade: i64,
        total_usos_realizados: i64,
        total_receita_gerada: Decimal,
        total_desconto_concedido: Decimal,
        situacao: &'static str,
        eh_ativo: bool,
        requer_aprovacao: bool,
        eh_cumulativo: bool,
        data_criacao: i64,
        data_ultima_atualizacao: i64,
        excluido_em: Option<i64>,
    }
}

entity! {
    /// Discount campaigns.
    DimDesconto of entities::DIM_DESCONTO
}

/// The domains of the warehouse have accents, those of the source have none.
const TYPES: &[&str] =
    &["Cupom", "Promoção Automática", "Desconto Progressivo", "Fidelidade", "Primeira Compra", "Cashback"];
const METHODS: &[&str] = &["Percentual", "Valor Fixo", "Frete Grátis", "Brinde", "Combo"];
const SCOPES: &[&str] = &["Pedido Total", "Produto Específico", "Categoria", "Frete", "Item Individual"];

/// The rule of a campaign.
///
/// # Errors
/// A reserved key, a blank code, a negative limit, an end before the start, a value outside of its domain.
pub fn rule(source: Source, _context: &TransformContext) -> Result<Target, Rejection> {
    if source.end_at < source.start_at {
        let end = dw_core::time::format_timestamp(source.end_at);
        return Err(guard::invalid("data_fim_validade", end, "is before the start of the campaign"));
    }
    let code = text::unique(source.discount_code);
    if code.trim().is_empty() {
        return Err(guard::invalid("codigo_desconto", code, "is blank"));
    }
    let kind = text::domain_or("tipo_desconto", source.discount_type, TYPES, "Cupom")?;
    let exhausted = source.max_uses_total.is_some_and(|limit| source.current_usage_count >= limit);
    let situation = situation(source.deleted_at.is_some(), exhausted, source.is_active);
    Ok(Target {
        desconto_original_id: guard::business_key("desconto_original_id", source.discount_id)?,
        codigo_desconto: code,
        nome_campanha: text::optional(source.campaign_name),
        descricao: text::optional(source.description),
        tipo_desconto: kind,
        metodo_desconto: text::domain_or("metodo_desconto", source.discount_method, METHODS, "Percentual")?,
        valor_desconto: source.discount_value.filter(|value| *value > Decimal::ZERO),
        min_valor_compra_regra: guard::optional_not_negative("min_valor_compra_regra", source.min_order_value)?,
        max_valor_desconto_regra: guard::optional_not_negative("max_valor_desconto_regra", source.max_discount_value)?,
        max_usos_por_cliente: guard::optional_not_negative("max_usos_por_cliente", source.max_uses_per_customer)?,
        max_usos_total: guard::optional_not_negative("max_usos_total", source.max_uses_total)?,
        aplica_em: text::domain_or("aplica_em", source.apply_scope, SCOPES, "Pedido Total")?,
        restricao_produtos: text::optional(source.product_restriction),
        restricao_clientes: match kind {
            "Primeira Compra" => Some("Novos Clientes"),
            "Fidelidade" => Some("Clientes Fidelidade"),
            _ => None,
        },
        data_inicio_validade: guard::millis("data_inicio_validade", source.start_at)?,
        data_fim_validade: guard::millis("data_fim_validade", source.end_at)?,
        total_usos_realizados: guard::not_negative("total_usos_realizados", source.current_usage_count)?,
        total_receita_gerada: source.total_revenue_generated,
        total_desconto_concedido: source.total_discount_given,
        situacao: situation,
        eh_ativo: situation == "Ativo",
        requer_aprovacao: source.approval_required,
        eh_cumulativo: source.is_stackable,
        data_criacao: guard::millis("data_criacao", source.created_at)?,
        data_ultima_atualizacao: guard::millis("data_ultima_atualizacao", source.updated_at)?,
        excluido_em: source.deleted_at,
    })
}

/// What is stored of a campaign's state. `Expirado` is missing on purpose: it depends on today. A campaign that the
/// source switched off because it ended is `Pausado` here; a reader that wants to know looks at `data_fim_validade`.
fn situation(deleted: bool, exhausted: bool, active: bool) -> &'static str {
    match (deleted, exhausted, active) {
        (true, _, _) => "Cancelado",
        (_, true, _) => "Esgotado",
        (_, _, true) => "Ativo",
        _ => "Pausado",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entities::samples::{self, STAMP};
    use crate::reject::RejectCode;

    fn source() -> Source {
        Source::read(&samples::row("dim_desconto")).unwrap()
    }

    fn target(source: Source) -> Target {
        rule(source, &samples::context()).unwrap()
    }

    #[test]
    fn a_campaign_is_mapped_with_accents() {
        let target = target(source());
        assert_eq!((target.desconto_original_id, target.codigo_desconto.as_str()), (0, "DISC-0001"));
        assert_eq!(
            [target.tipo_desconto, target.metodo_desconto, target.aplica_em],
            ["Promoção Automática", "Frete Grátis", "Produto Específico"]
        );
        assert_eq!(target.valor_desconto, Some(Decimal::new(600, 2)));
        assert_eq!(target.data_inicio_validade, (STAMP - 86_400) * 1_000);
        assert_eq!((target.situacao, target.eh_ativo), ("Ativo", true));
    }

    #[test]
    fn every_value_of_the_source_has_one_of_the_warehouse() {
        for value in
            ["Cupom", "Promocao Automatica", "Desconto Progressivo", "Fidelidade", "Primeira Compra", "Cashback"]
        {
            assert!(TYPES.contains(&target(Source { discount_type: value.into(), ..source() }).tipo_desconto));
        }
        for value in ["Percentual", "Valor Fixo", "Frete Gratis", "Brinde", "Combo"] {
            assert!(METHODS.contains(&target(Source { discount_method: value.into(), ..source() }).metodo_desconto));
        }
        for value in ["Pedido Total", "Produto Especifico", "Categoria", "Frete", "Item Individual"] {
            assert!(SCOPES.contains(&target(Source { apply_scope: value.into(), ..source() }).aplica_em));
        }
    }

    #[test]
    fn blank_texts_take_the_documented_defaults_and_the_type_restricts_customers() {
        let blank = || "  ".to_owned();
        let target_of_blanks =
            target(Source { discount_type: blank(), discount_method: blank(), apply_scope: blank(), ..source() });
        assert_eq!(
            [target_of_blanks.tipo_desconto, target_of_blanks.metodo_desconto, target_of_blanks.aplica_em],
            ["Cupom", "Percentual", "Pedido Total"]
        );
        let restriction = |kind: &str| target(Source { discount_type: kind.into(), ..source() }).restricao_clientes;
        assert_eq!(restriction("Primeira Compra"), Some("Novos Clientes"));
        assert_eq!(restriction("Fidelidade"), Some("Clientes Fidelidade"));
        assert_eq!(restriction("Cupom"), None);
    }

    /// Defect S12: the state of a campaign is the same whenever it is loaded, also after its end.
    #[test]
    fn the_situation_does_not_depend_on_today() {
        let ended = Source { start_at: 0, end_at: 1, ..source() };
        assert_eq!(target(ended.clone()).situacao, "Ativo");
        assert_eq!(target(Source { is_active: false, ..ended }).situacao, "Pausado");
        let used_up = Source { max_uses_total: Some(5), current_usage_count: 5, ..source() };
        assert_eq!(target(used_up.clone()).situacao, "Esgotado");
        let deleted = target(Source { deleted_at: Some(STAMP), ..used_up });
        assert_eq!((deleted.situacao, deleted.eh_ativo, deleted.excluido_em), ("Cancelado", false, Some(STAMP)));
        assert_eq!(target(Source { max_uses_total: None, ..source() }).situacao, "Ativo");
    }

    #[test]
    fn a_discount_of_nothing_has_no_value() {
        for value in [Some(Decimal::ZERO), None] {
            assert_eq!(target(Source { discount_value: value, ..source() }).valor_desconto, None);
        }
    }

    #[test]
    fn what_the_contract_forbids_is_refused() {
        let rejected = |source: Source| rule(source, &samples::context()).unwrap_err();
        assert_eq!(rejected(Source { discount_id: -1, ..source() }).code, RejectCode::ReservedKey);
        for (column, source) in [
            ("data_fim_validade", Source { end_at: 0, ..source() }),
            ("codigo_desconto", Source { discount_code: " ".into(), ..source() }),
            ("tipo_desconto", Source { discount_type: "Sorteio".into(), ..source() }),
            ("min_valor_compra_regra", Source { min_order_value: Some(Decimal::NEGATIVE_ONE), ..source() }),
        ] {
            let rejection = rejected(source);
            assert_eq!(rejection.code, RejectCode::Invalid);
            assert!(rejection.reason.contains(column), "{column}: {}", rejection.reason);
        }
    }
}
