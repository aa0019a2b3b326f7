//! Both dashboards on the embedded engine and on a server: every page, and figures that an independent query confirms.
#![allow(clippy::unwrap_used, reason = "helpers of tests, where a failure is to panic")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use chrono_tz::America::Sao_Paulo;
use dw_audit::sla::rules;
use dw_core::config::{Sources, resolve};
use dw_core::engine::{Access, SharedEngine};
use dw_core::error::Database;
use dw_core::{migrate, time};
use dw_etl::feed::StopFlag;
use dw_etl::options::RunOptions;
use dw_etl::report::Silent;
use dw_sample::base::BaseOptions;
use dw_sample::load::{self, IfFilled};
use dw_testkit::{Home, On, both_engines};
use dw_web::format::{integer, moment, money};
use dw_web::server::guard::Guards;
use dw_web::server::metrics::Metrics;
use dw_web::{monitor, vendas};
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

/// The sample, loaded.
async fn loaded(engine: &SharedEngine) {
    migrate::init(&**engine).await.unwrap();
    let mut oltp = engine.open(Database::Oltp, Access::ReadWrite, "test").await.unwrap();
    let options = BaseOptions { scale: 0.01, ..BaseOptions::at(time::now() - 300) };
    load::base(&mut *oltp, options, IfFilled::Keep, &mut |_| {}).await.unwrap();
    drop(oltp);
    let report = dw_etl::run::run(engine.clone(), &RunOptions::default(), &Silent, &StopFlag::new()).await.unwrap();
    assert_eq!(report.exit_code, 0);
}

fn guards() -> Guards {
    Guards::new("127.0.0.1".parse().unwrap(), &[], None, Arc::new(Metrics::default()))
}

#[both_engines]
async fn every_page_has_the_figures_of_an_independent_query(on: On) {
    let home = Home::new(on).await;
    let engine = home.engine();
    loaded(&engine).await;
    let guards = guards();
    let deadlines = rules::load(None).unwrap().deadlines;
    // Two minutes are the cutoff of the run, and around midnight either day may be the one that is open.
    let due = [time::now() - 300, time::now()].map(|until| deadlines[0].first_open(until).unwrap().due_at);
    let options = vendas::Options::new(Sao_Paulo, deadlines, true, Duration::from_secs(30));
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
        assert!(due.iter().any(|due| text.contains(&format!("No prazo, até {}", moment(*due, Sao_Paulo)))), "{path}");
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

#[both_engines]
async fn every_page_of_the_monitor_has_the_figures_of_an_independent_query(on: On) {
    let home = Home::new(on).await;
    let engine = home.engine();
    loaded(&engine).await;
    let checks = dw_audit::quality::declare::load(None).unwrap();
    dw_etl::check::check(&*engine, &checks, None, 90, &Silent).await.unwrap();
    for hours in [1, 30] {
        let at = dw_core::value::Value::Seconds(time::now() - hours * 3_600);
        let mut session = engine.open(Database::Dw, Access::ReadWrite, "test").await.unwrap();
        let sql = "INSERT INTO audit.backup_run (database_name, backup_type, status, started_at, file_name, folder, size_bytes) \
                   VALUES ('DW_ECOMMERCE', 'full', 'verified', @P1, 'a', 'b', 5000000000)";
        session.execute(&engine.dialect().translate(sql), &[at]).await.unwrap();
    }
    let rules = rules::load(None).unwrap();
    let sources = Sources {
        file: None,
        environment: BTreeMap::new(),
        flags: Vec::new(),
        read: &|path| std::fs::read_to_string(path),
    };
    let settings = resolve(&sources).unwrap();
    let mut options = monitor::Options::new(Sao_Paulo, rules, &settings);
    options.limits.query = Duration::from_secs(30);
    options.keep = Duration::ZERO;
    let app = monitor::app(home.engine(), options, &guards()).unwrap();
    for path in [
        "/",
        "/pipelines",
        "/pipelines/fact_vendas",
        "/pipelines/dim_cliente?linhas=200",
        "/runs?status=success&entidade=fact_metas&de=2001-01-01&ate=2999-12-31&pagina=1",
        "/runs/1",
        "/qualidade?dias=90",
        "/sla?dias=365",
        "/backups?dias=90&situacao=guardados&tipo=full&pagina=2",
        "/conexoes?horas=720&eventos=1000",
        "/conexoes?login=%27+OR+1%3D1+--&programa=x&host=y&base=z&estado=FAILED",
        "/configuracao",
    ] {
        let (status, text) = get(&app, path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {text}");
        assert!(!text.contains("O banco de dados não responde"), "{path}");
    }
    let rows = number(&engine, "SELECT SUM(extracted_count) FROM audit.etl_run_entity WHERE run_id = 1").await;
    let (_, run) = get(&app, "/runs/1").await;
    assert!(run.contains(&format!("<dd class=\"value\">{}</dd>", integer(rows))), "{rows}");
    let (_, backups) = get(&app, "/backups").await;
    assert!(backups.contains("<h2>Histórico: 2 backups</h2>") && backups.contains("<dd class=\"value\">10 GB</dd>"));
    let (_, summary) = get(&app, "/").await;
    assert!(summary.contains("Backup verificado</a>") && summary.contains("<dd class=\"value\">há 1 h</dd>"));
    assert!(summary.contains("<dd class=\"value\">0</dd>"), "nothing waits: {summary}");
    let (_, connections) = get(&app, "/conexoes").await;
    match on {
        On::Embedded => assert!(connections.contains("O mecanismo embutido não tem conexões")),
        On::SqlServer => {
            let events = number(&engine, "SELECT COUNT(*) FROM audit.connection_login_events").await;
            assert!(events > 0 && connections.contains(&format!("<dd class=\"value\">{}</dd>", integer(events))));
        }
    }
    let (_, metrics) = get(&app, "/metrics").await;
    assert!(metrics.contains("dw_warehouse_up 1\n") && metrics.contains("dw_source_up 1\n"), "{metrics}");
    assert!(metrics.contains("dw_entity_pending_rows{entity=\"fact_vendas\"} 0\n"));
    drop(app);
    drop(engine);
}
