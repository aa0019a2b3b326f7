//! The figures of a page are those of an independent query, whatever the filter.

use dw_core::engine::Session;
use dw_core::time;
use dw_web::format::integer;

use crate::stage::{Stage, light, number};

async fn sum(session: &mut dyn Session, sql: &str) -> String {
    integer(number(session, sql).await)
}

#[tokio::test]
async fn a_run_has_the_counters_of_its_rows() {
    let stage = Stage::lived().await;
    let mut dw = stage.dw().await;
    for run in 1..=3 {
        let text = stage.get(&format!("/runs/{run}")).await.text;
        let of = |what: &str| format!("SELECT SUM({what}) FROM audit.etl_run_entity WHERE run_id = {run}");
        for (name, what) in [
            ("Linhas lidas", "extracted_count"),
            ("Linhas gravadas", "inserted_count + updated_count"),
            ("Rejeitadas", "rejected_count"),
        ] {
            assert_eq!(light(&text, name), sum(&mut *dw, &of(what)).await, "run {run}, {name}");
        }
        let rows = number(&mut *dw, &format!("SELECT COUNT(*) FROM audit.etl_run_entity WHERE run_id = {run}")).await;
        assert_eq!(text.matches("class=\"bar m-").count(), usize::try_from(rows).unwrap(), "a bar an entity");
    }
}

#[tokio::test]
async fn each_filter_of_the_runs_gives_what_an_independent_query_gives() {
    let stage = Stage::lived().await;
    let mut dw = stage.dw().await;
    let today = time::format_date(time::day_of(time::now() - 3 * 3_600));
    for (query, condition) in [
        (String::new(), "1 = 1"),
        ("status=success".to_owned(), "status = 'success'"),
        ("status=partial".to_owned(), "status = 'partial'"),
        ("status=failed".to_owned(), "status = 'failed'"),
        (
            "entidade=dim_regiao".to_owned(),
            "run_id IN (SELECT run_id FROM audit.etl_run_entity WHERE entity_name = 'dim_regiao')",
        ),
        (format!("de={today}&ate={today}"), "1 = 1"),
        ("ate=2020-01-01".to_owned(), "1 = 0"),
        ("status=success&entidade=fact_vendas&tamanho=200".to_owned(), "status = 'success'"),
    ] {
        let total = number(&mut *dw, &format!("SELECT COUNT(*) FROM audit.etl_run WHERE {condition}")).await;
        let text = stage.get(&format!("/runs?{query}")).await.text;
        let word = if total == 1 { "execução" } else { "execuções" };
        assert!(text.contains(&format!("<h2>{total} {word}</h2>")), "{query}: {total}");
        assert_eq!(text.matches("href=\"/runs/").count(), usize::try_from(total).unwrap(), "{query}");
    }
}

#[tokio::test]
async fn the_summary_and_the_pipelines_agree_with_the_tables() {
    let stage = Stage::lived().await;
    let mut oltp = stage.oltp().await;
    let stamp = time::now() - 180;
    for sql in [
        format!(
            "UPDATE \"core.products\" SET product_name = product_name || '!', updated_at = {stamp} WHERE product_id < 4"
        ),
        // Younger than the margin of a run: not pending yet.
        format!("UPDATE \"core.products\" SET updated_at = {} WHERE product_id = 9", time::now()),
    ] {
        oltp.execute(&sql, &[]).await.unwrap();
    }
    let known = dw_etl::status::status(&dw_core::embedded::EmbeddedEngine::new(stage.folder.path())).await.unwrap();
    let pending: u64 = known.entities.iter().map(|entity| entity.pending).sum();
    let summary = stage.get("/").await.text;
    assert_eq!(light(&summary, "Linhas pendentes"), pending.to_string());
    assert!(pending >= 3, "{pending}");
    let mut dw = stage.dw().await;
    let rejects = number(&mut *dw, "SELECT COUNT(*) FROM audit.etl_reject WHERE resolved_at IS NULL").await;
    assert_eq!(light(&summary, "Quarentena"), format!("{rejects} linhas"));
    let runs = number(&mut *dw, "SELECT COUNT(*) FROM audit.etl_run").await;
    assert_eq!(light(&summary, "Falhas em 24 h"), format!("1 de {runs}"));
    let pipelines = stage.get("/pipelines").await.text;
    for entity in ["dim_cliente", "fact_vendas", "fact_descontos"] {
        let last =
            format!("SELECT extracted_count FROM audit.etl_run_entity WHERE run_id = 3 AND entity_name = '{entity}'");
        let rows = sum(&mut *dw, &last).await;
        let row = pipelines.split_once(&format!(">{entity}</a>")).unwrap().1.split_once("</tr>").unwrap().0;
        assert!(row.contains(&format!("<td class=\"num\">{rows}</td>")), "{entity}: {rows} in {row}");
    }
    let products = pipelines.split_once(">dim_produto</a>").unwrap().1.split_once("</tr>").unwrap().0;
    assert!(products.contains("<td class=\"num\">3</td>"), "{products}");
    assert_eq!(stage.get("/pipelines?situacao=falha").await.text.matches("href=\"/pipelines/").count(), 1);
}

#[tokio::test]
async fn quality_counts_the_newest_result_of_each_check() {
    let stage = Stage::lived().await;
    let mut dw = stage.dw().await;
    stage.change("UPDATE audit.quality_result SET status = 'failed', severity = 'error', failing_rows = 3 WHERE check_name = 'fact_vendas.key_unique'").await;
    stage.change("UPDATE audit.reconciliation_month SET difference_value = 1, differing_rows = 1, source_value = source_value + 1 WHERE entity_name = 'fact_vendas' AND month_id = (SELECT MAX(month_id) FROM audit.reconciliation_month WHERE entity_name = 'fact_vendas') AND measure = 'rows'").await;
    let newest = "FROM audit.quality_result q WHERE q.quality_result_id = (SELECT MAX(m.quality_result_id) FROM audit.quality_result m WHERE m.check_name = q.check_name)";
    let bad = |severity: &str| {
        format!("SELECT COUNT(*) {newest} AND q.status IN ('failed', 'broken') AND q.severity = '{severity}'")
    };
    let text = stage.get("/qualidade").await.text;
    assert_eq!(light(&text, "Erros"), sum(&mut *dw, &bad("error")).await);
    assert_eq!(light(&text, "Avisos"), sum(&mut *dw, &bad("warn")).await);
    assert_eq!(light(&text, "Conciliação"), "1 diferenças");
    let all = number(&mut *dw, &format!("SELECT COUNT(*) {newest}")).await;
    assert!(light(&text, "Passaram").ends_with(&format!(" de {all}")));
    let errors = stage.get("/qualidade?situacao=erros").await.text;
    assert!(errors.contains("fact_vendas.key_unique") && !errors.contains(">fact_vendas.key<"));
    // Page and alert are one: the failed check is a condition of the summary.
    assert!(stage.get("/").await.text.contains("Verificação de qualidade falhou: fact_vendas.key_unique"));
}

/// Whoever looks shares one reading for as long as it is kept, whatever the number of viewers: a page and a scrape.
#[tokio::test]
async fn d19_one_reading_serves_everybody() {
    let stage = Stage::lived_with(|options| options.keep = std::time::Duration::from_secs(600)).await;
    let looks = (0..40).map(|at| {
        let stage = &stage;
        async move { stage.get(["/", "/pipelines", "/metrics"][at % 3]).await.status }
    });
    for status in futures_util::future::join_all(looks).await {
        assert!(status.is_success());
    }
    let metrics = stage.get("/metrics").await.text;
    // One session reads the warehouse, one asks the source what waits.
    assert!(metrics.contains("\ndw_web_queries_total 2\n"), "{metrics}");
    assert!(metrics.contains("\ndw_web_cache_misses_total 1\n"), "{metrics}");
}
