//! The figures of a page are those of an independent query over the wide views.

use dw_core::engine::Session;
use dw_web::format::{integer, money};
use dw_web::query::link;

use crate::stage::{Stage, number};

/// A query string and the condition that means the same.
const CASES: [(&[(&str, &str)], &str); 11] = [
    (&[("periodo", "tudo")], "status_pedido <> 'Cancelado'"),
    (&[("periodo", "tudo"), ("estado", "SP")], "status_pedido <> 'Cancelado' AND estado = 'SP'"),
    (
        &[("periodo", "tudo"), ("estado", "SP"), ("estado", "BA")],
        "status_pedido <> 'Cancelado' AND estado IN ('SP', 'BA')",
    ),
    (&[("periodo", "tudo"), ("regiao", "Nordeste")], "status_pedido <> 'Cancelado' AND regiao_pais = 'Nordeste'"),
    (&[("periodo", "tudo"), ("categoria", "Moda")], "status_pedido <> 'Cancelado' AND categoria = 'Moda'"),
    (
        &[("periodo", "tudo"), ("equipe", "Time Comercial 2")],
        "status_pedido <> 'Cancelado' AND nome_equipe = 'Time Comercial 2'",
    ),
    (
        &[("periodo", "tudo"), ("vendedor", "Vendedor 2")],
        "status_pedido <> 'Cancelado' AND nome_vendedor = 'Vendedor 2'",
    ),
    (
        &[("periodo", "tudo"), ("vendedor", "Sem vendedor")],
        "status_pedido <> 'Cancelado' AND nome_vendedor = 'Sem vendedor'",
    ),
    (&[("periodo", "tudo"), ("status", "Cancelado")], "status_pedido = 'Cancelado'"),
    (
        &[("periodo", "tudo"), ("status", "Entregue"), ("status", "Devolvido"), ("categoria", "Casa")],
        "status_pedido IN ('Entregue', 'Devolvido') AND categoria = 'Casa'",
    ),
    (
        &[("de", "2026-01-01"), ("ate", "2026-03-31"), ("regiao", "Sul")],
        "status_pedido <> 'Cancelado' AND regiao_pais = 'Sul' AND data_id BETWEEN 20260101 AND 20260331",
    ),
];

async fn sum(session: &mut dyn Session, what: &str, condition: &str) -> i64 {
    number(session, &format!("SELECT {what} FROM fact.VW_DASH_VENDAS_R1 WHERE {condition}")).await
}

#[tokio::test]
async fn each_filter_gives_what_an_independent_query_gives() {
    let stage = Stage::sample().await;
    let mut session = stage.session().await;
    let mut different = std::collections::BTreeSet::new();
    for (pairs, condition) in CASES {
        let page = stage.get(&link("/", pairs.iter().copied())).await;
        let net = sum(&mut *session, "SUM(valor_total_liquido)", condition).await;
        let cost = sum(&mut *session, "SUM(custo_total)", condition).await;
        let items = sum(&mut *session, "SUM(quantidade_vendida)", condition).await;
        let orders = sum(&mut *session, "COUNT(DISTINCT numero_pedido)", condition).await;
        assert_eq!(page.tile("Receita líquida"), money(net), "{condition}");
        assert_eq!(page.tile("Margem bruta"), money(net - cost), "{condition}");
        assert_eq!(page.tile("Itens vendidos"), integer(items), "{condition}");
        let ticket = if orders == 0 { "–".to_owned() } else { money((2 * net + orders) / (2 * orders)) };
        assert_eq!(page.tile("Ticket médio"), ticket, "{condition}");
        let base = stage.get(&link("/base", pairs.iter().copied())).await;
        let lines = sum(&mut *session, "COUNT(*)", condition).await;
        assert!(base.text.contains(&format!("<h2>{} linhas</h2>", integer(lines))), "{condition}");
        different.insert(net);
    }
    assert!(different.len() >= 9, "filters change the numbers: {different:?}");
}

#[tokio::test]
async fn the_period_before_is_as_long_and_compared() {
    let stage = Stage::sample().await;
    let mut session = stage.session().await;
    let page = stage.get("/?de=2026-04-01&ate=2026-04-30").await;
    let before = sum(
        &mut *session,
        "SUM(valor_total_liquido)",
        "status_pedido <> 'Cancelado' AND data_id BETWEEN 20260302 AND 20260331",
    )
    .await;
    assert!(page.text.contains(&format!("antes {}", money(before))));
    assert!(page.text.contains("Comparação com 02/03/2026 a 31/03/2026"));
    assert!(!stage.get("/?de=2026-04-01&ate=2026-04-30&comparar=nao").await.text.contains("antes R$"));
}

/// Targets are computed over keys; `fact.VW_DASH_METAS_R1` says the same over everything.
#[tokio::test]
async fn targets_are_those_of_the_view() {
    let stage = Stage::sample().await;
    let mut session = stage.session().await;
    for (query, condition) in [
        ("periodo=tudo", "1 = 1"),
        ("de=2026-02-10&ate=2026-05-02", "data_id BETWEEN 20260201 AND 20260531"),
        (
            "de=2026-02-10&ate=2026-05-02&equipe=Time+Comercial+2",
            "data_id BETWEEN 20260201 AND 20260531 AND nome_equipe = 'Time Comercial 2'",
        ),
    ] {
        let page = stage.get(&format!("/comercial?{query}")).await;
        let mut of = async |what: &str| {
            let sql = format!("SELECT {what} FROM fact.VW_DASH_METAS_R1 WHERE {condition}");
            let session: &mut dyn Session = &mut *session;
            number(session, &sql).await
        };
        assert_eq!(page.tile("Meta total"), money(of("SUM(valor_meta)").await), "{query}");
        assert_eq!(page.tile("Realizado total"), money(of("SUM(valor_realizado)").await), "{query}");
        let (beaten, all) = (of("SUM(meta_batida)").await, of("SUM(CASE WHEN valor_meta > 0 THEN 1 ELSE 0 END)").await);
        let share = dw_web::format::share(beaten, all)
            .map_or("–".to_owned(), |share| dw_web::format::Unit::Percent.show(share));
        assert_eq!(page.tile("Metas batidas"), share, "{query}");
    }
}

#[tokio::test]
async fn discounts_are_those_of_the_view() {
    let stage = Stage::sample().await;
    let mut session = stage.session().await;
    let page = stage.get("/descontos?periodo=tudo&categoria=Moda").await;
    let mut of = async |what: &str| {
        let session: &mut dyn Session = &mut *session;
        number(session, &format!("SELECT {what} FROM fact.VW_DASH_DESCONTOS_R1 WHERE categoria = 'Moda'")).await
    };
    let (discount, revenue) = (of("SUM(valor_desconto_aplicado)").await, of("SUM(valor_com_desconto)").await);
    assert_eq!(page.tile("Desconto concedido"), money(discount));
    assert_eq!(page.tile("Aplicações"), integer(of("COUNT(*)").await));
    let weighted = dw_web::format::quotient(revenue - discount, discount, 100).unwrap();
    assert_eq!(page.tile("ROI ponderado"), dw_web::format::Unit::Factor.show(weighted), "defect D6");
}

/// A chart by month has a point a month, and so on: the heading, the points and the filter say the same.
#[tokio::test]
async fn d5_charts_have_a_point_for_each_day_week_or_month_as_chosen() {
    let stage = Stage::sample().await;
    let mut session = stage.session().await;
    for (path, title, view, day) in [
        ("/", "Receita e margem", "fact.VW_DASH_VENDAS_R1 WHERE status_pedido <> 'Cancelado' AND data_id", "data_id"),
        ("/descontos", "Desconto e receita", "fact.VW_DASH_DESCONTOS_R1 WHERE data_aplicacao_id", "data_aplicacao_id"),
    ] {
        let date = format!(
            "CAST(julianday(substr({day}, 1, 4) || '-' || substr({day}, 5, 2) || '-' || substr({day}, 7, 2)) + 0.5 AS INTEGER)"
        );
        for (word, per, unit) in [
            ("dia", "por dia", day.to_owned()),
            // A Julian day is a Monday where it is divided by seven.
            ("semana", "por semana", format!("{date} / 7")),
            ("mes", "por mês", format!("{day} / 100")),
        ] {
            let points = number(
                &mut *session,
                &format!("SELECT COUNT(DISTINCT {unit}) FROM {view} BETWEEN 20251201 AND 20260520"),
            )
            .await;
            let page = stage.get(&format!("{path}?de=2025-12-01&ate=2026-05-20&granularidade={word}")).await;
            let heading = format!("<h3>{title} {per}</h3>");
            let figure = page.text.split_once(&heading).unwrap_or_else(|| panic!("{path} {word}")).1;
            let table = figure.split_once("<tbody>").unwrap().1.split_once("</tbody>").unwrap().0;
            assert_eq!(i64::try_from(table.matches("<tr>").count()).unwrap(), points, "{path} {word}");
        }
    }
}

#[tokio::test]
async fn the_table_turns_and_sorts() {
    let stage = Stage::sample().await;
    let mut session = stage.session().await;
    let most = sum(&mut *session, "MAX(valor_total_liquido)", "status_pedido <> 'Cancelado'").await;
    let page = stage.get("/base?periodo=tudo&ordem=valor_total_liquido").await;
    let first = page.text.split_once("<tbody>").unwrap().1.split_once("</tr>").unwrap().0.to_owned();
    assert!(first.contains(&money(most)));
    let second = stage.get("/base?periodo=tudo&ordem=valor_total_liquido&pagina=2").await;
    assert!(second.text.contains("Página 2 de") && !second.text.contains(&first));
    assert!(
        stage.get("/base?ordem=nome_cliente").await.text.contains("Ordem: o valor “nome_cliente” não foi entendido")
    );
}
