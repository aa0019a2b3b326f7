//! Silence, slowness, a server that goes away and comes back, a lock that is lost, and two runs at once.

use std::time::{Duration, Instant};

use dw_core::engine::SharedEngine;
use dw_core::error::{Database, DwError, DwResult};
use dw_core::sql_server::SqlServerOptions;
use dw_etl::options::{RunOptions, Selection};
use dw_etl::report::RunReport;
use dw_testkit::on_sql_server;
use dw_testkit::proxy::{Down, Ending, Only, Then};
use dw_testkit::server::target;

use crate::scene::{LOCKS, Scene, ended_clearly, request, rule};

fn only(scene: &Scene, entity: &str) -> RunOptions {
    RunOptions { entities: Selection::Named(vec![entity.to_owned()]), ..scene.options() }
}

fn short(options: &mut SqlServerOptions) {
    for target in [&mut options.oltp, &mut options.dw] {
        target.command_timeout = Duration::from_secs(2);
    }
}

#[on_sql_server]
async fn silence_ends_a_statement_at_its_timeout_and_it_is_not_repeated() {
    let scene = Scene::new(0.01, 400).await;
    // Behind the beginning of the statement, which the error and so the audit trail repeat; and on the source alone.
    let write = ("linha_hash) SELECT s.cliente_original_id", Only::All, Database::Dw);
    let source = Only::Saying(scene.databases.name(Database::Oltp).to_owned());
    for (text, only_on, database) in [write, ("c.customer_id AS customer_id", source, Database::Oltp)] {
        scene.empty().await;
        let options = only(&scene, "dim_cliente");
        scene.proxy.rule(rule(only_on.clone(), request(text, 1), Then::Stall(None)));
        let before = scene.proxy.counts().fired;
        // Would be met when the statement was sent again.
        scene.proxy.rule(rule(only_on, request(text, 2), Then::Note));
        let began = Instant::now();
        let report = scene.run_on(&scene.engine_with(short), &options).await.unwrap();
        let cliente = &report.entities[0];
        assert_eq!(cliente.error_code, Some("DW-E0016"), "{report:#?}");
        let exit = if database == Database::Oltp { 50 } else { 60 };
        assert_eq!((cliente.exit_code, report.exit_code), (exit, exit));
        assert!(cliente.error.as_ref().unwrap().contains("2 s"), "{cliente:#?}");
        assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
        assert_eq!(scene.proxy.counts().fired - before, 1, "it was sent once");
        scene.proxy.clear();
        // The server learns of it when the network comes back.
        scene.proxy.cut(&Only::All, Ending::Reset);
        scene.run(&scene.options()).await;
        assert_trail_closed(&scene).await;
    }
}

async fn assert_trail_closed(scene: &Scene) {
    assert_eq!(scene.rows("SELECT run_id FROM audit.etl_run WHERE status = 'running'").await, Vec::<String>::new());
    scene.assert_no_lock().await;
}

#[on_sql_server]
async fn a_slow_network_changes_nothing_but_the_time() {
    let scene = Scene::new(0.01, 1_000).await;
    scene.empty().await;
    scene.proxy.latency(Duration::from_millis(30));
    scene.run(&scene.options()).await;
    scene.proxy.clear();
    scene.assert_whole().await;
}

#[on_sql_server]
async fn the_connection_of_the_locks_is_lost_and_nothing_is_committed_without_them() {
    let scene = Scene::new(0.02, 100).await;
    for number in [1, 6] {
        scene.empty().await;
        let before = scene.proxy.counts();
        let then = Then::CutOthers(Only::Saying(LOCKS.to_owned()), Ending::Reset);
        scene.proxy.rule(rule(
            Only::NotSaying(LOCKS.to_owned()),
            request("INSERT INTO fact.FACT_VENDAS", number),
            then,
        ));
        let outcome = scene.run_on(&scene.engine(), &scene.options()).await;
        assert_eq!(scene.proxy.counts().cut - before.cut, 1, "only one connection was cut");
        assert!(!ended_clearly(&outcome));
        let report = outcome.unwrap();
        let sales = report.entities.iter().find(|entity| entity.entity == "fact_vendas").unwrap();
        assert_eq!((sales.error_code, sales.exit_code), (Some("DW-E0034"), 40), "{report:#?}");
        let loaded = scene.rows("SELECT COUNT(*) FROM fact.FACT_VENDAS").await;
        assert_eq!(
            loaded,
            [format!("[Int({})]", (number - 1) * 100)],
            "the batch under the lost lock was not committed"
        );
        scene.run(&scene.options()).await;
        scene.assert_whole().await;

        // One entity alone: the exit code is that of the lock.
        scene.empty().await;
        let then = Then::CutOthers(Only::Saying(LOCKS.to_owned()), Ending::Close);
        scene.proxy.rule(rule(Only::All, request("INSERT INTO dim.DIM_CLIENTE", 1), then));
        let report = scene.run_on(&scene.engine(), &only(&scene, "dim_cliente")).await.unwrap();
        assert_eq!(report.exit_code, 40, "{report:#?}");
    }
}

#[on_sql_server]
async fn a_lock_that_is_dropped_where_nothing_can_be_said_to_the_server_is_free_all_the_same() {
    let scene = Scene::new(0.01, 100).await;
    let (first, second) = (scene.engine(), scene.engine());
    let held = first.lock("dim_cliente", "the first").await.unwrap();
    assert_held(&second.lock("dim_cliente", "the second").await.unwrap_err());
    // A thread of its own is outside of the runtime, and the engine lives on.
    std::thread::spawn(move || drop(held)).join().unwrap();
    scene.assert_no_lock().await;
    drop(second.lock("dim_cliente", "the second").await.unwrap());
    scene.assert_no_lock().await;
    drop(first.lock("dim_cliente", "the first again").await.unwrap());
    scene.assert_no_lock().await;
}

#[on_sql_server]
async fn a_process_that_is_refused_a_lock_run_after_run_does_the_server_no_harm() {
    let scene = Scene::new(0.01, 100).await;
    let (first, second) = (scene.engine(), scene.engine());
    let held = first.lock("dim_cliente", "the first").await.unwrap();
    // A server that keeps an error for each refusal in its session does not survive the fifth in one.
    for _ in 0..6 {
        assert_held(&second.lock("dim_cliente", "the second").await.unwrap_err());
    }
    held.verify().await.unwrap();
    drop(held);
    scene.assert_no_lock().await;
    drop(second.lock("dim_cliente", "the second").await.unwrap());
}

#[on_sql_server]
async fn of_two_runs_one_goes_on_and_the_other_is_told_who_holds_the_lock() {
    let scene = Scene::new(0.02, 100).await;
    scene.empty().await;
    let options = scene.options();
    let (first, second) = (scene.engine(), scene.engine());
    let (first, second) = tokio::join!(scene.run_on(&first, &options), scene.run_on(&second, &options));
    let (won, lost) = match (first, second) {
        (Ok(won), Err(lost)) | (Err(lost), Ok(won)) => (won, lost),
        other => panic!("not one of two: {other:#?}"),
    };
    assert_eq!(won.exit_code, 0, "{won:#?}");
    assert_held(&lost);
    scene.assert_whole().await;

    // And one that comes in the middle.
    scene.empty().await;
    scene.proxy.rule(rule(
        Only::All,
        request("INSERT INTO fact.FACT_VENDAS", 2),
        Then::Stall(Some(Duration::from_secs(3))),
    ));
    let engine = scene.engine();
    let begun = scene.run_on(&engine, &options);
    let late = async {
        scene.until_met().await;
        scene.run_on(&scene.engine(), &only(&scene, "fact_vendas")).await.unwrap_err()
    };
    let (begun, late) = tokio::join!(begun, late);
    assert_eq!(begun.unwrap().exit_code, 0);
    assert_held(&late);
    assert!(late.to_string().contains(&format!("process {}", std::process::id())), "{late}");
    scene.assert_whole().await;
}

fn assert_held(error: &DwError) {
    assert!(matches!(error, DwError::LockHeld { .. }), "{error:?}");
    assert_eq!(error.exit_code(), 40);
    assert!(error.to_string().contains("is being run by process") || error.to_string().contains("another session"));
}

/// Runs, and brings the server up again so long after a rule has taken it down.
async fn run_and_wait(scene: &Scene, engine: &SharedEngine, down: Duration) -> DwResult<RunReport> {
    let options = scene.options();
    let run = scene.run_on(engine, &options);
    let server = async {
        scene.until_met().await;
        tokio::time::sleep(down).await;
        scene.proxy.up();
    };
    tokio::join!(run, server).0
}

#[on_sql_server]
async fn a_server_that_goes_away_in_a_run_and_comes_back() {
    let scene = Scene::new(0.01, 100).await;
    let text = "INSERT INTO fact.FACT_VENDAS";
    let server = target();
    // The source is elsewhere, and the connection of the locks survives, as those of a server that is out of connections do:
    // the run waits and goes on.
    let kept = Only::NotSaying(LOCKS.to_owned());
    for (number, down) in [(2, Down::Refuse), (5, Down::Reset)] {
        scene.empty().await;
        scene.proxy.rule(rule(Only::All, request(text, number), Then::Down(down, kept.clone())));
        let engine = scene.engine_with(|options| {
            (options.oltp.host, options.oltp.port) = (server.host.clone(), server.port);
        });
        let report = run_and_wait(&scene, &engine, Duration::from_millis(1_200)).await.unwrap();
        assert_eq!(report.exit_code, 0, "{report:#?}");
        scene.assert_whole().await;
    }

    // It does not come back in time.
    scene.empty().await;
    scene.proxy.rule(rule(Only::All, request(text, 2), Then::Down(Down::Refuse, kept)));
    let engine = scene.engine_with(|options| {
        (options.oltp.host, options.oltp.port) = (server.host.clone(), server.port);
        options.attempts = 2;
    });
    let outcome = run_and_wait(&scene, &engine, Duration::from_secs(8)).await;
    assert!(!ended_clearly(&outcome));
    let report = outcome.unwrap();
    let sales = report.entities.iter().find(|entity| entity.entity == "fact_vendas").unwrap();
    assert_eq!((sales.error_code, sales.exit_code), (Some("DW-E0015"), 60), "{report:#?}");
    scene.run(&scene.options()).await;
    assert_trail_closed(&scene).await;

    // All of it goes down, and with it the locks: whatever the run does then, it ends clearly and the next one heals.
    for (number, down) in [(2, Down::Refuse), (6, Down::Reset)] {
        scene.empty().await;
        scene.proxy.rule(rule(Only::All, request(text, number), Then::Down(down, Only::All)));
        let outcome = run_and_wait(&scene, &scene.engine(), Duration::from_secs(2)).await;
        assert!(!ended_clearly(&outcome), "the locks are lost: {outcome:#?}");
        scene.run(&scene.options()).await;
        scene.assert_whole().await;
    }
}
