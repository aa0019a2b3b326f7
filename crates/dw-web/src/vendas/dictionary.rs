//! `/metricas`: what each figure means, by the same entries that stand in `docs/metrics.md`, with its value in the period.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use maud::{Markup, html};

use super::figures::Kpi;
use super::form::form;
use super::{Question, Vendas};
use crate::store::Trouble;

const PATH: &str = "/metricas";

/// An entry of the dictionary.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Name, as tiles and tables show it.
    pub name: &'static str,
    /// What it says.
    pub meaning: &'static str,
    /// How it is computed, in columns of its source.
    pub formula: &'static str,
    /// The view that it is read from.
    pub source: &'static str,
    /// The tile that shows it.
    pub kpi: Option<Kpi>,
}

const SALES: &str = "fact.VW_DASH_VENDAS_R1";
const TARGETS: &str = "fact.VW_DASH_METAS_R1";
const DISCOUNTS: &str = "fact.VW_DASH_DESCONTOS_R1";

const fn entry(
    name: &'static str,
    meaning: &'static str,
    formula: &'static str,
    source: &'static str,
    kpi: Option<Kpi>,
) -> Entry {
    Entry { name, meaning, formula, source, kpi }
}

/// The dictionary. A test compares it with `docs/metrics.md`.
pub static ENTRIES: &[Entry] = &[
    entry(
        "Receita líquida",
        "O que foi vendido depois dos descontos, sem pedidos cancelados. Devoluções não são descontadas.",
        "SUM(valor_total_liquido), status_pedido <> 'Cancelado'",
        SALES,
        Some(Kpi::Receita),
    ),
    entry(
        "Margem bruta",
        "O que sobra da receita líquida depois do custo dos produtos.",
        "SUM(valor_total_liquido - custo_total)",
        SALES,
        Some(Kpi::Margem),
    ),
    entry(
        "Margem %",
        "Margem bruta como parte da receita líquida.",
        "SUM(valor_total_liquido - custo_total) / SUM(valor_total_liquido)",
        SALES,
        Some(Kpi::MargemPercentual),
    ),
    entry(
        "Ticket médio",
        "Receita líquida por pedido.",
        "SUM(valor_total_liquido) / COUNT(DISTINCT numero_pedido)",
        SALES,
        Some(Kpi::Ticket),
    ),
    entry("Itens vendidos", "Unidades vendidas.", "SUM(quantidade_vendida)", SALES, Some(Kpi::Itens)),
    entry(
        "Taxa de devolução",
        "Unidades devolvidas como parte das vendidas.",
        "SUM(quantidade_devolvida) / SUM(quantidade_vendida)",
        SALES,
        Some(Kpi::Devolucao),
    ),
    entry(
        "Desconto médio",
        "Descontos como parte da receita bruta.",
        "SUM(valor_total_descontos) / SUM(valor_total_bruto)",
        SALES,
        Some(Kpi::Desconto),
    ),
    entry("Comissão", "Comissão dos vendedores.", "SUM(valor_comissao)", SALES, Some(Kpi::Comissao)),
    entry("Pedidos", "Pedidos diferentes.", "COUNT(DISTINCT numero_pedido)", SALES, None),
    entry("Meta", "Soma das metas mensais dos vendedores.", "SUM(valor_meta)", TARGETS, None),
    entry("Realizado", "Receita líquida dos mesmos meses inteiros.", "SUM(valor_realizado)", TARGETS, None),
    entry(
        "Atingimento",
        "Realizado como parte da meta, cortado e não arredondado: 99.999,99 de 100.000 não é 100 %.",
        "SUM(valor_realizado) / SUM(valor_meta)",
        TARGETS,
        None,
    ),
    entry(
        "Metas batidas",
        "Metas mensais alcançadas, como parte de todas; comparam-se valores, não porcentagens.",
        "SUM(meta_batida) / COUNT(valor_meta > 0)",
        TARGETS,
        None,
    ),
    entry(
        "Metas superadas",
        "Metas mensais com 120 % ou mais, como parte de todas.",
        "SUM(meta_superada) / COUNT(valor_meta > 0)",
        TARGETS,
        None,
    ),
    entry("Desconto concedido", "Valor dos descontos aplicados.", "SUM(valor_desconto_aplicado)", DISCOUNTS, None),
    entry("Receita com desconto", "O que foi pago por itens com desconto.", "SUM(valor_com_desconto)", DISCOUNTS, None),
    entry(
        "ROI ponderado",
        "Quanto cada real de desconto trouxe além de si mesmo, sobre o todo.",
        "(SUM(valor_com_desconto) - SUM(valor_desconto_aplicado)) / SUM(valor_desconto_aplicado)",
        DISCOUNTS,
        None,
    ),
    entry("ROI médio", "Média do retorno de cada aplicação.", "SUM(roi_desconto) / COUNT(*)", DISCOUNTS, None),
    entry("Impacto na margem", "Margem que os descontos custaram.", "SUM(impacto_margem)", DISCOUNTS, None),
    entry(
        "Taxa de aprovação",
        "Descontos aprovados como parte de todos.",
        "SUM(desconto_aprovado) / COUNT(*)",
        DISCOUNTS,
        None,
    ),
];

/// The dictionary as the table of `docs/metrics.md`.
pub fn as_markdown() -> String {
    let mut out = "| métrica | o que diz | fórmula | fonte |\n|---|---|---|---|\n".to_owned();
    for entry in ENTRIES {
        out.push_str(&format!("| {} | {} | `{}` | `{}` |\n", entry.name, entry.meaning, entry.formula, entry.source));
    }
    out
}

/// The page.
pub async fn page(State(vendas): State<Arc<Vendas>>, RawQuery(raw): RawQuery) -> Response {
    let question = match Question::ask(vendas, raw.as_deref(), PATH).await {
        Ok(question) => question,
        Err(response) => return response,
    };
    let body = body(&question).await;
    question.answer(PATH, "Métricas", body)
}

async fn body(question: &Question) -> Result<Markup, Trouble> {
    let course = question.course().await?;
    let value = |entry: &Entry| {
        entry
            .kpi
            .and_then(|kpi| kpi.of(&course.total).map(|value| kpi.unit().show(value)))
            .unwrap_or_else(|| "–".to_owned())
    };
    Ok(html! {
        (form(question, PATH))
        section.card {
            h3 { "Dicionário de métricas" }
            p.note { "Valores de " (question.filters.period_text()) ", com os filtros escolhidos. Divisões por zero não têm valor." }
            div.scroll tabindex="0" role="region" aria-label="Dicionário de métricas" {
                table.dictionary {
                    thead { tr { th scope="col" { "Métrica" } th scope="col" { "O que diz" } th scope="col" { "Fórmula" } th scope="col" { "Fonte" } th.num scope="col" { "No período" } } }
                    tbody {
                        @for entry in ENTRIES {
                            tr {
                                th scope="row" { (entry.name) }
                                td { (entry.meaning) }
                                td { code { (entry.formula) } }
                                td { code { (entry.source) } }
                                td.num { (value(entry)) }
                            }
                        }
                    }
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_has_the_same_entries() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/metrics.md");
        let text = std::fs::read_to_string(path).unwrap();
        let (before, rest) = text.split_once("<!-- dictionary: begin -->\n\n").unwrap();
        let (table, after) = rest.split_once("\n<!-- dictionary: end -->").unwrap();
        if std::env::var_os("DW_TEST_UPDATE_DOCS").is_some() {
            let new =
                format!("{before}<!-- dictionary: begin -->\n\n{}\n<!-- dictionary: end -->{after}", as_markdown());
            std::fs::write(path, new).unwrap();
            return;
        }
        assert_eq!(table, as_markdown(), "DW_TEST_UPDATE_DOCS=1 cargo test -p dw-web --lib writes it again");
    }
}
