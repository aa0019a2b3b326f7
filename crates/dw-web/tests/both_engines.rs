//! The sales dashboard on the embedded engine and on a server: every page, and figures that an independent query confirms.
#![allow(clippy::unwrap_used, reason = "helpers of tests, where a failure is to panic")]

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use chrono_tz::America::Sao_Paulo;
use dw_core::engine::{Access, SharedEngine};
use dw_core::error::Database;
use dw_core::{migrate, time};
use dw_etl::feed::StopFlag;
use dw_etl::options::RunOptions;
use dw_etl::report::Silent;
use dw_sample::base::BaseOptions;
use dw_sample::load::{self, IfFilled};
use dw_testkit::{Home, On, both_engines};
use dw_web::format::{integer, money};
use dw_web::server::guard::Guards;
use dw_web::server::metrics::Metrics;
use dw_web::vendas;
use tower::ServiceExt;

async fn get(app: &Router, path: &str) -> (StatusCode, String) {
    let request = Request::builder().uri(path).header("host", "localhost").body(Body::empty()).unwrap();
    let (head, body) = app.clone().oneshot(request).await.unwrap().into_parts();
    let bytes = axum::body::to_bytes(body, 64 << 20).await.unwrap();
    (head.status, String::from_utf8(bytes.to_vec()).unwrap())
}

async fn number(engine: &SharedEngine, sql: &str) -> i64 {
    let mut session = engine.open(Database::Dw, Access::ReadOnly, "test").await.unwrap();
    session.query(&engine.dialect().translate(sql), &[]).await.unwrap().get(0, 0).int().unwrap().unwrap_or(0)
}

#[both_engines]
async fn every_page_has_the_figures_of_an_independent_query(on: On) {
    let home = Home::new(on).await;
    let engine = home.engine();
    migrate::init(&*engine).await.unwrap();
    let mut oltp = engine.open(Database::Oltp, Access::ReadWrite, "test").await.unwrap();
    let options = BaseOptions { scale: 0.01, ..BaseOptions::at(time::now() - 300) };
    load::base(&mut *oltp, options, IfFilled::Keep, &mut |_| {}).await.unwrap();
    drop(oltp);
    let report = dw_etl::run::run(engine.clone(), &RunOptions::default(), &Silent, &StopFlag::new()).await.unwrap();
    assert_eq!(report.exit_code, 0);

    let guards = Guards::new("127.0.0.1".parse().unwrap(), &[], None, Arc::new(Metrics::default()));
    let options = vendas::Options::new(Sao_Paulo, true, Duration::from_secs(30));
    let app = vendas::app(home.engine(), options, &guards).unwrap();
    for path in [
        "/",
        "/produtos",
        "/comercial",
        "/descontos?periodo=tudo",
        "/metricas",
        "/base",
        "/base?ordem=valor_comissao&pagina=2",
    ] {
        let (status, text) = get(&app, path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {text}");
        assert!(!text.contains("Nada a mostrar"), "{path}");
    }
    let filter = "periodo=tudo&estado=SP&categoria=Moda&categoria=Casa&regiao=Sudeste";
    let condition = "status_pedido <> 'Cancelado' AND estado = 'SP' AND categoria IN ('Moda', 'Casa')";
    let net =
        number(&engine, &format!("SELECT SUM(valor_total_liquido) FROM fact.VW_DASH_VENDAS_R1 WHERE {condition}"))
            .await;
    let lines = number(&engine, &format!("SELECT COUNT(*) FROM fact.VW_DASH_VENDAS_R1 WHERE {condition}")).await;
    let (_, overview) = get(&app, &format!("/?{filter}")).await;
    assert!(net > 0 && overview.contains(&format!("<dd class=\"value\">{}</dd>", money(net))));
    let (_, base) = get(&app, &format!("/base?{filter}")).await;
    assert!(base.contains(&format!("<h2>{} linhas</h2>", integer(lines))));
    let (_, csv) = get(&app, &format!("/base.csv?{filter}")).await;
    assert_eq!(i64::try_from(csv.matches("\r\n").count()).unwrap(), lines + 1);
    // Targets go on beyond the last sale; the page shows the months of the period.
    let shown = number(
        &engine,
        "SELECT SUM(valor_meta) FROM fact.VW_DASH_METAS_R1 WHERE data_id BETWEEN \
         (SELECT MIN(data_id) / 100 * 100 + 1 FROM fact.VW_DASH_VENDAS_CHAVES_R1 WHERE data_id > 0) AND \
         (SELECT MAX(data_id) FROM fact.VW_DASH_VENDAS_CHAVES_R1)",
    )
    .await;
    let (_, team) = get(&app, "/comercial?periodo=tudo").await;
    let tile = team.split_once("<dt>Meta total</dt><dd class=\"value\">").unwrap().1.split_once('<').unwrap().0;
    assert_eq!(tile, money(shown));
    drop(app);
    // Sessions on a server are closed before its databases are dropped.
    drop(engine);
}
