//! Every page in every state.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use dw_core::value::Value;

use crate::common::stage::{assert_damage_is_a_state, assert_no_warehouse};
use crate::stage::{PAGES, Stage};

#[tokio::test]
async fn every_page_shows_its_figures() {
    let stage = Stage::sample().await;
    for (path, title) in PAGES {
        let answer = stage.get(path).await;
        answer.assert_page(path, title);
        assert!(answer.text.contains("Vendas até <strong>"), "{path}");
        assert!(answer.text.contains("No prazo"), "{path}");
    }
    let overview = stage.get("/").await.text;
    let weekdays: Vec<usize> =
        ["segunda</text>", "terça</text>", "domingo</text>"].iter().map(|day| overview.find(day).unwrap()).collect();
    assert!(weekdays.is_sorted(), "defect D3: weekdays in order");
}

#[tokio::test]
async fn a_filter_without_rows_says_so() {
    let stage = Stage::sample().await;
    for path in ["/", "/produtos", "/comercial", "/base"] {
        let answer = stage.get(&format!("{path}?estado=SP&regiao=Norte")).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.text.contains("Nada a mostrar com estes filtros."), "{path}");
    }
}

#[tokio::test]
async fn without_a_warehouse_a_page_says_how_to_make_one_and_recovers() {
    let stage = Stage::none();
    assert_no_warehouse(&stage.app, &PAGES, stage.folder.path()).await;
    let there = Stage::sample().await;
    std::fs::copy(there.file(), stage.file()).unwrap();
    assert_eq!(stage.get("/").await.status, StatusCode::OK);
    assert_eq!(stage.get("/readyz").await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_empty_warehouse_is_no_error() {
    let stage = Stage::empty().await;
    for (path, _) in PAGES {
        let answer = stage.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(answer.text.contains("Ainda não há vendas"), "{path}");
    }
}

#[tokio::test]
async fn with_the_database_down_the_last_figures_stay_with_their_time_and_come_back_new() {
    let stage = Stage::sample().await;
    let before = stage.get("/").await.tile("Receita líquida");
    let away = stage.folder.path().join("away");
    std::fs::rename(stage.file(), &away).unwrap();
    let stale = stage.get("/").await;
    assert_eq!(stale.status, StatusCode::OK);
    assert!(stale.text.contains("O banco de dados não responde.") && stale.text.contains("são os últimos lidos, de"));
    assert_eq!(stale.tile("Receita líquida"), before);
    // What was never read cannot be shown.
    let unread = stage.get("/?periodo=7d").await;
    assert_eq!(unread.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(unread.text.contains("O banco de dados não responde"));
    std::fs::rename(&away, stage.file()).unwrap();
    let mut session = stage.session().await;
    let sql = "UPDATE \"fact.FACT_VENDAS\" SET valor_total_bruto = valor_total_bruto + 100, valor_total_liquido = valor_total_liquido + 100";
    session.execute(sql, &[]).await.unwrap();
    // The version of the data moves with the watermark, as a run moves it.
    session.execute("UPDATE \"ctl.etl_control\" SET watermark_id = watermark_id + 1, watermark_updated_at = watermark_updated_at + 1", &[]).await.unwrap();
    let fresh = stage.get("/").await;
    assert!(!fresh.text.contains("O banco de dados não responde."));
    assert_ne!(fresh.tile("Receita líquida"), before);
}

#[tokio::test]
async fn a_damaged_file_is_a_state_and_not_an_error_page() {
    let stage = Stage::none();
    assert_damage_is_a_state(&stage.app, stage.folder.path()).await;
}

#[tokio::test]
async fn a_run_in_progress_and_a_late_load_are_told() {
    let stage = Stage::sample().await;
    let mut session = stage.session().await;
    session
        .execute(
            "INSERT INTO \"audit.etl_run\" (entities_requested, status, heartbeat_at) VALUES ('all', 'running', @P1)",
            &[Value::Seconds(dw_core::time::now())],
        )
        .await
        .unwrap();
    session
        .execute("INSERT INTO \"audit.etl_run_entity\" (run_id, entity_name, status) SELECT MAX(run_id), 'fact_vendas', 'running' FROM \"audit.etl_run\"", &[])
        .await
        .unwrap();
    let answer = stage.get("/").await;
    assert!(answer.text.contains("Uma carga está em andamento."));
    session
        .execute(
            "UPDATE \"ctl.etl_control\" SET read_until = read_until - 172800 WHERE entity_name = 'fact_vendas'",
            &[],
        )
        .await
        .unwrap();
    assert!(stage.get("/").await.text.contains("Atrasado há "));
}

/// While a run loads, the data changes with each batch: figures are read anew when they are old enough, and what the page says of
/// the load belongs to them.
#[tokio::test]
async fn figures_that_are_young_are_kept_with_what_is_said_of_their_load() {
    for (age, is_late) in [(Duration::from_secs(3_600), false), (Duration::ZERO, true)] {
        let stage = Stage::sample_with(|options| options.limits.version_age = age).await;
        let before = stage.get("/").await.text;
        let mut session = stage.session().await;
        for sql in [
            "UPDATE \"ctl.etl_control\" SET read_until = read_until - 172800 WHERE entity_name = 'fact_vendas'",
            "UPDATE \"fact.FACT_VENDAS\" SET valor_total_liquido = valor_total_liquido + 100",
        ] {
            assert!(session.execute(sql, &[]).await.unwrap() > 0);
        }
        let after = stage.get("/").await.text;
        assert_eq!(after.contains("Atrasado há "), is_late);
        assert_eq!(after != before, is_late);
    }
}

#[tokio::test]
async fn what_is_not_understood_is_told() {
    let stage = Stage::sample().await;
    let answer = stage.get("/?estado=XX&granularidade=hora&de=ontem&periodo=sempre&tema=rosa").await;
    assert_eq!(answer.status, StatusCode::OK);
    for notice in [
        "Estado: o valor “XX” não existe",
        "Granularidade: o valor “hora”",
        "De: o valor “ontem”",
        "Cores: o valor “rosa”",
    ] {
        assert!(answer.text.contains(notice), "{notice}");
    }
}

#[tokio::test]
async fn colours_are_chosen_by_the_address_and_links_keep_them() {
    let stage = Stage::sample().await;
    let answer = stage.get("/?tema=escuro&estado=SP").await;
    assert!(answer.text.contains("<html lang=\"pt-BR\" data-theme=\"dark\">"));
    assert!(answer.text.contains("href=\"/produtos?tema=escuro&amp;estado=SP\""));
}

#[tokio::test]
async fn the_export_has_every_line_and_no_formula() {
    let stage = Stage::sample().await;
    let mut session = stage.session().await;
    session
        .execute("UPDATE \"dim.DIM_PRODUTO\" SET nome_produto = '=HYPERLINK(\"x\";\"y\")' WHERE produto_id = 1", &[])
        .await
        .unwrap();
    let answer = stage.get("/base.csv?periodo=tudo").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.headers["content-disposition"].to_str().unwrap().starts_with("attachment; filename=\"vendas_"));
    let lines = crate::stage::number(
        &mut *session,
        "SELECT COUNT(*) FROM fact.VW_DASH_VENDAS_R1 WHERE status_pedido <> 'Cancelado'",
    )
    .await;
    assert_eq!(i64::try_from(answer.text.matches("\r\n").count()).unwrap(), lines + 1);
    assert!(answer.text.starts_with("\u{feff}data_completa;estado;"));
    assert!(!answer.text.contains(";=") && answer.text.contains("\"'=HYPERLINK(\"\"x\"\";\"\"y\"\")\""));
    assert!(!answer.text.contains("Cliente 0"), "no name of a customer");
    assert_eq!(stage.ask(Method::HEAD, "/base.csv", "localhost").await.status, StatusCode::OK);
}

#[tokio::test]
async fn customers_are_named_only_when_that_is_allowed() {
    let named = Stage::with(|options| options.show_customer_names = true);
    std::fs::copy(Stage::sample().await.file(), named.file()).unwrap();
    assert!(named.get("/base").await.text.contains("Cliente 0"));
    assert!(named.get("/base.csv").await.text.contains(";nome_cliente\r\n"));
    let quiet = Stage::sample().await;
    for (path, _) in PAGES {
        assert!(!quiet.get(path).await.text.contains("Cliente 0"), "{path}");
    }
}

#[tokio::test]
async fn metrics_count_pages_and_the_cache() {
    let stage = Stage::sample().await;
    for _ in 0..3 {
        stage.get("/").await;
    }
    stage.get("/nirgends").await;
    let text = stage.get("/metrics").await.text;
    for line in [
        "dw_web_requests_total{page=\"/\",status=\"200\"} 3",
        "dw_web_requests_total{page=\"other\",status=\"404\"} 1",
        "dw_web_database_up 1",
    ] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
    let documented = include_str!("../../../../docs/operations.md");
    for line in text.lines().filter(|line| line.starts_with("# TYPE ")) {
        let name = line.split(' ').nth(2).unwrap();
        assert!(documented.contains(&format!("`{name}`")), "docs/operations.md lacks {name}");
    }
}
