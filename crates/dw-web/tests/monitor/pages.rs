//! Every page in every state.

use axum::http::StatusCode;
use dw_core::error::Database;

use crate::common::stage::file;
use crate::stage::{BOTH, PAGES, Stage, light};

#[tokio::test]
async fn every_page_shows_its_figures() {
    let stage = Stage::lived().await;
    for (path, title) in PAGES {
        let answer = stage.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(answer.text.contains(&format!("<h1>{title}</h1>")), "{path}");
        assert!(answer.text.contains("Lido às <strong>"), "{path}");
        assert!(!answer.text.contains(" style="), "{path} has a style attribute");
        assert!(!answer.text.contains("<script>"), "{path} has a script of its own");
    }
    let summary = stage.get("/").await.text;
    for name in ["SLA", "Última execução", "Linhas pendentes", "Atraso", "Falhas em 24 h", "Vazão"] {
        assert!(!light(&summary, name).is_empty(), "{name}");
    }
    assert_eq!(light(&summary, "Backup verificado"), "há 2 h");
    assert!(summary.contains("<a href=\"/backups\">Backup verificado</a>"), "{summary}");
    assert!(summary.contains("limites: 2 h e 6 h"), "the limit stands beside the value");
    // What the alerts would tell.
    assert!(summary.contains("A última execução falhou: "), "{summary}");
    let run = stage.get("/runs/3").await.text;
    for piece in
        ["linha do tempo", "Falhas por classe", "<code>bloqueio</code>", "<code>DW-E0012</code>", "O que fazer: "]
    {
        assert!(run.contains(piece), "{piece}");
    }
    let customers = stage.get("/pipelines/dim_cliente").await.text;
    for piece in ["<code>too_long</code>", "Linhas da origem mudadas por último", "customer_id", "dim_cliente.rejects"]
    {
        assert!(customers.contains(piece), "{piece}");
    }
    assert!(!customers.contains("full_name") && !customers.contains("Cliente 0"), "no personal data");
    let quality = stage.get("/qualidade").await.text;
    for piece in ["Ao centavo", "nenhuma linha em quarentena", "dim_cliente.rejects", "fact_vendas"] {
        assert!(quality.contains(piece), "{piece}");
    }
    let sla = stage.get("/sla").await.text;
    assert!(sla.contains("calendário") || sla.contains("Nenhum prazo venceu"), "{sla}");
    assert!(sla.contains("America/Sao_Paulo"));
    assert!(stage.get("/conexoes").await.text.contains("O mecanismo embutido não tem conexões"));
}

#[tokio::test]
async fn settings_are_shown_and_secrets_are_not() {
    let stage = Stage::lived().await;
    let text = stage.get("/configuracao").await.text;
    for piece in
        ["<code>alerts.webhook_url</code>", "<code>***</code>", "<code>web.time_zone</code>", "SQLite 3.", "Atual"]
    {
        assert!(text.contains(piece), "{piece}");
    }
    for (path, _) in PAGES {
        assert!(!stage.get(path).await.text.contains("s3cret"), "{path}");
    }
}

#[tokio::test]
async fn without_a_warehouse_a_page_says_how_to_make_one_and_recovers() {
    let stage = Stage::none();
    for (path, _) in PAGES {
        let answer = stage.get(path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(answer.text.contains("Ainda não há um data warehouse"), "{path}");
        assert!(!answer.text.contains(stage.folder.path().to_str().unwrap()), "a page names no file");
    }
    assert_eq!(stage.get("/readyz").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(stage.get("/healthz").await.status, StatusCode::OK);
    assert!(stage.get("/metrics").await.text.contains("dw_warehouse_up 0\n"));
    let there = Stage::lived().await;
    for database in BOTH {
        std::fs::copy(file(there.folder.path(), database), file(stage.folder.path(), database)).unwrap();
    }
    for (path, _) in PAGES {
        assert_eq!(stage.get(path).await.status, StatusCode::OK, "{path}");
    }
    assert_eq!(stage.get("/readyz").await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_empty_warehouse_is_no_error() {
    let stage = Stage::empty().await;
    for (path, _) in PAGES {
        let answer = stage.get(path).await;
        let expected = if path == "/runs/3" { StatusCode::NOT_FOUND } else { StatusCode::OK };
        assert_eq!(answer.status, expected, "{path}");
    }
    let summary = stage.get("/").await.text;
    assert!(summary.contains("Nenhuma execução ainda") && summary.contains("Nada. As mesmas regras"));
    assert_eq!(light(&summary, "Última execução"), "nunca");
    assert_eq!(light(&summary, "Backup verificado"), "sem backup registrado");
    let backups = stage.get("/backups").await.text;
    for piece in [
        "Nenhum backup registrado.",
        "Nenhum ensaio registrado",
        "Não há backup verificado",
        "tudo o que tem até 14 dias",
    ] {
        assert!(backups.contains(piece), "{piece}");
    }
    assert_eq!(light(&backups, "RPO agora"), "–");
    assert!(stage.get("/qualidade").await.text.contains("Nada foi verificado ainda"));
}

#[tokio::test]
async fn with_the_database_down_the_last_figures_stay_with_their_time_and_come_back_new() {
    let stage = Stage::lived().await;
    for (path, _) in PAGES {
        stage.get(path).await;
    }
    let before = light(&stage.get("/runs/3").await.text, "Linhas lidas");
    let (here, away) = (file(stage.folder.path(), Database::Dw), stage.folder.path().join("away"));
    std::fs::rename(&here, &away).unwrap();
    for (path, _) in PAGES {
        let stale = stage.get(path).await;
        assert_eq!(stale.status, StatusCode::OK, "{path}");
        assert!(stale.text.contains("O banco de dados não responde."), "{path}");
        assert!(stale.text.contains("são os últimos lidos, de"), "{path}");
        assert!(stale.text.contains("http-equiv=\"refresh\""), "defect D16: {path} asks again by itself");
    }
    assert_eq!(light(&stage.get("/runs/3").await.text, "Linhas lidas"), before);
    let metrics = stage.get("/metrics").await.text;
    assert!(
        metrics.contains("dw_warehouse_up 0\n") && metrics.contains("dw_entity_lag_seconds{entity=\"fact_vendas\"}")
    );
    // What was never read cannot be shown.
    let unread = stage.get("/runs/2").await;
    assert_eq!(unread.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(unread.text.contains("O banco de dados não responde"));
    std::fs::rename(&away, &here).unwrap();
    stage.change("UPDATE audit.etl_run_entity SET extracted_count = extracted_count + 7 WHERE run_id = 3").await;
    let fresh = stage.get("/runs/3").await.text;
    assert!(!fresh.contains("O banco de dados não responde."));
    assert_ne!(light(&fresh, "Linhas lidas"), before);
}

#[tokio::test]
async fn with_the_source_down_the_warehouse_is_shown_all_the_same() {
    let stage = Stage::lived().await;
    let (here, away) = (file(stage.folder.path(), Database::Oltp), stage.folder.path().join("away"));
    std::fs::rename(&here, &away).unwrap();
    for (path, _) in PAGES {
        assert_eq!(stage.get(path).await.status, StatusCode::OK, "{path}");
    }
    let summary = stage.get("/").await.text;
    assert!(summary.contains("A origem não pode ser alcançada") && summary.contains("Origem fora"));
    assert_eq!(light(&summary, "Linhas pendentes"), "–");
    assert!(stage.get("/pipelines/dim_cliente").await.text.contains("A origem não pode ser lida agora."));
    assert!(stage.get("/metrics").await.text.contains("dw_source_up 0\n"));
    std::fs::rename(&away, &here).unwrap();
    assert_eq!(light(&stage.get("/").await.text, "Linhas pendentes"), "0");
}

#[tokio::test]
async fn a_damaged_file_is_a_state_and_not_an_error_page() {
    let stage = Stage::none();
    std::fs::write(file(stage.folder.path(), Database::Dw), vec![7_u8; 9_000]).unwrap();
    let answer = stage.get("/").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.text.contains("O banco de dados não responde"));
}

#[tokio::test]
async fn a_filter_without_rows_says_so_and_what_is_not_understood_is_told() {
    let stage = Stage::lived().await;
    for path in [
        "/runs?status=running",
        "/runs?de=2001-01-01&ate=2001-01-02",
        "/pipelines?situacao=desligada",
        "/qualidade?situacao=erros",
        "/backups?tipo=log",
    ] {
        let answer = stage.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(answer.text.contains("Nada a mostrar com estes filtros."), "{path}");
    }
    let beyond = stage.get("/runs?pagina=99").await;
    assert!(beyond.text.contains("Anterior"), "there is a way back");
    for (path, notice) in [
        ("/runs?status=bom&entidade=x&de=ontem&pagina=zero", "Situação: o valor “bom”"),
        ("/runs?entidade=fact_x", "Entidade: o valor “fact_x” não existe"),
        ("/runs?de=2026-05-02&ate=2026-05-01", "Período: as datas estavam trocadas."),
        ("/qualidade?entidade=fact_x", "Entidade: o valor “fact_x” não existe"),
        ("/sla?dias=7", "Histórico: o valor “7”"),
        ("/backups?dias=14&tipo=x", "Histórico: o valor “14”"),
        ("/backups?base=master", "Base: o valor “master” não existe"),
        ("/conexoes?horas=7", "Janela: o valor “7”"),
        ("/?atualizar=talvez", "Atualizar: o valor “talvez”"),
        ("/?tema=rosa", "Cores: o valor “rosa”"),
    ] {
        assert!(stage.get(path).await.text.contains(notice), "{path}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let stage = Stage::lived().await;
    for path in
        ["/pipelines/fact_x", "/pipelines/FACT_VENDAS", "/runs/4711", "/runs/abc", "/runs/-1", "/runs/1.0", "/x"]
    {
        assert_eq!(stage.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn links_keep_the_colours_and_the_pause_and_no_filter_of_another_page() {
    let stage = Stage::lived().await;
    let text = stage.get("/runs?status=failed&tema=escuro&atualizar=nao").await.text;
    assert!(text.contains("href=\"/qualidade?tema=escuro&amp;atualizar=nao\""));
    assert!(!text.contains("data-live"), "paused");
    let detail = stage.get("/pipelines/fact_vendas?tema=escuro").await.text;
    assert!(detail.contains("href=\"/pipelines?tema=escuro\" aria-current=\"true\""));
    assert!(detail.contains("href=\"/pipelines/fact_vendas?tema=claro\""));
}

#[tokio::test]
async fn every_metric_is_documented() {
    let stage = Stage::lived().await;
    let text = stage.get("/metrics").await.text;
    for line in [
        "dw_warehouse_up 1",
        "dw_source_up 1",
        "dw_entity_pending_rows{entity=\"fact_vendas\"} 0",
        "dw_entity_last_run_failed{entity=\"fact_metas\"} 1",
        "dw_entity_open_rejects{entity=\"dim_cliente\"} 2",
        "dw_alerts_open{severity=\"error\"} 1",
        "dw_runs_last_day{status=\"partial\"} 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
    }
    let documented = include_str!("../../../../docs/operations.md");
    for line in text.lines().filter(|line| line.starts_with("# TYPE ")) {
        let name = line.split(' ').nth(2).unwrap();
        assert!(documented.contains(&format!("`{name}`")), "docs/operations.md lacks {name}");
    }
}
