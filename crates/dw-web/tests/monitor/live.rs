//! A run that goes on is seen as it goes, and its end too.

use std::sync::Arc;
use std::time::Duration;

use dw_core::embedded::EmbeddedEngine;
use dw_core::error::Database;
use dw_core::migrate;
use dw_core::time;
use dw_core::value::Value;
use dw_etl::feed::StopFlag;
use dw_etl::options::RunOptions;
use dw_etl::report::Silent;

use crate::common::stage::{file, sample};
use crate::stage::{Stage, light, number};

#[tokio::test]
async fn rows_and_speed_of_a_run_in_progress_are_shown_and_renew_themselves() {
    let stage = Stage::lived().await;
    let mut dw = stage.dw().await;
    let (started, beat) = (time::now() - 60, time::now() - 10);
    dw.execute(
        "INSERT INTO \"audit.etl_run\" (run_id, entities_requested, status, started_at, heartbeat_at, host_name, process_id) VALUES (9, 'fact_vendas', 'running', @P1, @P2, 'etl-01', 77)",
        &[Value::Seconds(started), Value::Seconds(beat)],
    )
    .await
    .unwrap();
    dw.execute(
        "INSERT INTO \"audit.etl_run_entity\" (run_id, entity_name, status, entity_started_at, extracted_count) VALUES (9, 'fact_vendas', 'running', @P1, 5000)",
        &[Value::Seconds(started)],
    )
    .await
    .unwrap();
    let summary = stage.get("/").await.text;
    let now = summary.split_once("id=\"agora\"").unwrap().1.split_once("</section>").unwrap().0;
    assert!(now.starts_with(" data-live=\"2\""), "{now}");
    for piece in ["<td class=\"num\">5.000</td>", "<td class=\"num\">100</td>", "etl-01:77"] {
        assert!(now.contains(piece), "{piece} in {now}");
    }
    assert!(stage.get("/pipelines").await.text.contains("Rodando"));
    let run = stage.get("/runs/9").await.text;
    assert!(run.contains("id=\"execucao\" data-live=\"2\"") && run.contains("bar m-running"));
    assert_eq!((light(&run, "Linhas lidas"), light(&run, "Vazão")), ("5.000".to_owned(), "100 linhas/s".to_owned()));
    dw.execute("UPDATE \"audit.etl_run_entity\" SET extracted_count = 9000 WHERE run_id = 9", &[]).await.unwrap();
    assert_eq!(light(&stage.get("/runs/9").await.text, "Linhas lidas"), "9.000");
    // No sign of life for long: the rule of the alerts says so on the page.
    dw.execute("UPDATE \"audit.etl_run\" SET heartbeat_at = heartbeat_at - 86400 WHERE run_id = 9", &[]).await.unwrap();
    assert!(stage.get("/").await.text.contains("A execução 9 não dá sinal de vida"));
    dw.execute(
        "UPDATE \"audit.etl_run\" SET status = 'success', finished_at = @P1 WHERE run_id = 9",
        &[Value::Seconds(beat)],
    )
    .await
    .unwrap();
    dw.execute(
        "UPDATE \"audit.etl_run_entity\" SET status = 'success', entity_finished_at = @P1 WHERE run_id = 9",
        &[Value::Seconds(beat)],
    )
    .await
    .unwrap();
    assert!(!stage.get("/runs/9").await.text.contains("id=\"execucao\" data-live"), "the end needs no renewal");
    assert!(stage.get("/").await.text.contains("Nenhuma execução em andamento."));
}

/// A real run in another session of the same files: its rows are seen growing, and no look disturbs it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_run_is_seen_growing() {
    let stage = Stage::none();
    std::fs::copy(file(sample().await, Database::Oltp), file(stage.folder.path(), Database::Oltp)).unwrap();
    let engine = Arc::new(EmbeddedEngine::new(stage.folder.path()));
    migrate::init(&*engine).await.unwrap();
    let options = RunOptions { batch_size: Some(25), ..RunOptions::default() };
    let run = tokio::spawn(async move { dw_etl::run::run(engine, &options, &Silent, &StopFlag::new()).await.unwrap() });
    let mut seen: Vec<u64> = Vec::new();
    while !run.is_finished() {
        let answer = stage.get("/runs/1").await;
        assert!(!answer.status.is_server_error(), "{}", answer.status);
        if answer.status.is_success() && answer.text.contains("Em andamento") {
            let rows = light(&answer.text, "Linhas lidas").replace('.', "").parse().unwrap();
            if seen.last() != Some(&rows) {
                seen.push(rows);
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let report = run.await.unwrap();
    assert_eq!(report.exit_code, 0);
    assert!(seen.len() > 3 && seen.is_sorted(), "{seen:?}");
    let mut dw = stage.dw().await;
    let all = number(&mut *dw, "SELECT SUM(extracted_count) FROM audit.etl_run_entity WHERE run_id = 1").await;
    assert_eq!(light(&stage.get("/runs/1").await.text, "Linhas lidas"), dw_web::format::integer(all));
}
