//! Tests of the command line of `etl`: help, messages, and how results are shown.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clap::{CommandFactory, Parser};
use dw_core::config::{OutputFormat, Settings, Sources, resolve};
use dw_core::error::{Database, DwError, DwResult};
use dw_core::exit;
use dw_etl::options::Selection;
use proptest::prelude::*;

use super::args::{AuditCommand, EtlCli, EtlCommand, RunArgs};
use super::{alerts, audit, every, export, reconcile, request, run};
use crate::app::{Binary, in_our_words};
use crate::output::{Console, Failure, Listing};
use crate::report::{
    AmountRow, DifferenceRow, EntityRow, PlanReport, PlannedEntity, PlannedStatement, ReconcileReport, ReconcileRow,
    RunDocument, RunningRow, StatusReport, StatusRow,
};
use crate::signal::StopFlag;

/// What is written, kept.
#[derive(Clone, Default)]
pub(crate) struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn console(format: OutputFormat) -> (Console, Sink, Sink) {
    let (out, err) = (Sink::default(), Sink::default());
    (Console::with_writers(format, Box::new(out.clone()), Box::new(err.clone())), out, err)
}

fn help(arguments: &[&str]) -> String {
    let command = EtlCli::command().term_width(100);
    command.try_get_matches_from(arguments).unwrap_err().to_string()
}

/// All that a command line goes through before a database is opened.
fn check(arguments: &[&str]) -> DwResult<Settings> {
    let cli = EtlCli::try_parse_from(["etl"].iter().chain(arguments)).map_err(|error| in_our_words(&error))?;
    let read: &dyn Fn(&Path) -> io::Result<String> = &|_| Err(io::Error::from(io::ErrorKind::NotFound));
    let flags = cli.overrides().flags;
    let settings = resolve(&Sources { file: None, environment: BTreeMap::new(), flags, read })?;
    match &cli.command {
        Some(EtlCommand::Run(args)) => drop(request::check(args)?),
        Some(EtlCommand::Plan(args)) => drop(Selection::parse(&args.entity)?),
        Some(EtlCommand::Export(args)) => drop(export::check(args)?),
        Some(EtlCommand::Alerts(args)) => alerts::check(args)?,
        Some(EtlCommand::Audit { what: AuditCommand::Connections(args) }) => drop(audit::check(args)?),
        _ => {}
    }
    crate::engine::from_settings(&settings)?;
    Ok(settings)
}

#[test]
fn the_command_line_is_consistent() {
    EtlCli::command().debug_assert();
}

#[test]
fn help_of_etl() {
    insta::assert_snapshot!(help(&["etl", "--help"]));
}

#[test]
fn help_of_run() {
    insta::assert_snapshot!(help(&["etl", "run", "--help"]));
}

#[test]
fn help_of_run_names_every_entity() {
    let text = help(&["etl", "run", "--help"]);
    assert!(dw_core::entities::ALL.iter().all(|entity| text.contains(entity.name)));
}

#[test]
fn help_of_the_other_commands() {
    let commands = ["plan", "status", "reconcile", "check", "sla", "alerts", "export", "config"];
    let text: String =
        commands.iter().map(|name| format!("$ etl {name} --help\n{}\n", help(&["etl", name, "--help"]))).collect();
    insta::assert_snapshot!(text);
}

#[test]
fn help_of_audit() {
    let of = |arguments: &[&str]| format!("$ {}\n{}\n", arguments.join(" "), help(arguments));
    insta::assert_snapshot!(of(&["etl", "audit", "--help"]) + &of(&["etl", "audit", "connections", "--help"]));
}

#[test]
fn every_wrong_command_line_has_one_message() {
    let lines = [
        "run --entity fact_venda",
        "run --entity clientes",
        "run --entity ,",
        "plan --entity dim_cliente,dim_x",
        "run --batch-size 0",
        "run --batch-size 1000000000",
        "run --batch-size -5",
        "run --batch-size ten",
        "run --cutoff-minutes 1441",
        "run --lookback-minutes -1",
        "run --max-rejects x",
        "run --max-batches 0",
        "run --from 2026-01-01",
        "run --to 2026-01-01",
        "run --from 2026-02-01 --to 2026-01-01",
        "run --from yesterday --to 2026-01-01",
        "run --from 2026-01-01 --to 2026-02-30",
        "run --from 2026-01-01 --to 2026-02-01 --full-refresh",
        "run --from 2026-01-01 --to 2026-02-01 --every 5m",
        "run --full-refresh --every 5m",
        "run --every 0",
        "run --every 5x",
        "run --every 31d",
        "alerts",
        "check --list --all",
        "audit connections --since yesterday",
        "audit connections --since 0",
        "audit connections --top 0",
        "audit connections --retention-days 7",
        "audit connections --cleanup --retention-days 0",
        "export FACT_VENDA",
        "export nonsense --out x",
        "export",
        "export DIM_CLIENTE --format xml",
        "--engine oracle status",
        "--engine sqlserver status",
        "status --output yaml",
        "frobnicate",
        "run --frobnicate",
    ];
    let mut report = String::new();
    for line in lines {
        let error = check(&line.split(' ').collect::<Vec<_>>()).unwrap_err();
        assert_eq!(error.exit_code(), exit::USAGE, "{line}");
        report += &format!("$ etl {line}\n{}\n", Failure::from(&error).text(false));
    }
    insta::assert_snapshot!(report);
}

#[test]
fn no_command_is_a_run_of_everything() {
    let request = request::check(&RunArgs::default()).unwrap();
    assert_eq!(request.entities, Selection::All);
    assert_eq!((request.window, request.every, request.max_batches), (None, None, None));
    let Some(EtlCommand::Run(args)) = EtlCli::parse_from(["etl", "run"]).command else { panic!("no run") };
    assert_eq!(request::check(&args).unwrap(), request);
}

#[test]
fn entities_keep_the_order_of_work_and_count_once() {
    let chosen = Selection::parse("fact_vendas, DIM_CLIENTE ,fact_vendas").unwrap();
    assert_eq!(chosen, Selection::Named(vec!["dim_cliente".to_owned(), "fact_vendas".to_owned()]));
    assert_eq!(Selection::parse("fact_vendas,all").unwrap(), Selection::All);
}

#[test]
fn flags_are_settings() {
    let settings =
        check(&["run", "--batch-size", "500", "--max-rejects", "0", "--output", "json", "--data-dir", "x"]).unwrap();
    assert_eq!((settings.etl.batch_size, settings.etl.max_rejects), (Some(500), Some(0)));
    assert_eq!(settings.origin("etl.batch_size"), Some("--batch-size"));
    assert_eq!((settings.output, settings.may_create_sample()), (OutputFormat::Json, false));
}

#[test]
fn an_exported_name_is_full_and_counts_once() {
    let Some(EtlCommand::Export(args)) =
        EtlCli::parse_from(["etl", "export", "dim_cliente", "dim.DIM_CLIENTE"]).command
    else {
        panic!("no export")
    };
    assert_eq!(export::check(&args).unwrap().names, ["dim.DIM_CLIENTE"]);
}

fn row(entity: &str, extracted: u64, error: Option<&DwError>) -> EntityRow {
    EntityRow {
        entity: entity.to_owned(),
        status: if error.is_some() { "failed" } else { "success" },
        extracted,
        inserted: extracted,
        batches: 2,
        seconds: 1.234,
        rows_per_second: 16_207,
        watermark_to: Some("2026-01-31T10:00:00".to_owned()),
        error: error.map(Failure::from),
        ..EntityRow::default()
    }
}

fn document(entities: Vec<EntityRow>) -> RunDocument {
    RunDocument { command: "run", status: "success", run_id: Some(7), seconds: 2.5, entities, ..RunDocument::default() }
}

#[test]
fn a_run_for_a_terminal_a_pipe_and_a_program() {
    let held = DwError::LockHeld { entity: "dim_produto".to_owned(), holder: "process 42".to_owned() };
    let document = document(vec![row("dim_cliente", 20_000, None), row("dim_produto", 0, Some(&held))]);
    let (json, json_out, _) = console(OutputFormat::Json);
    run::show(&json, &document).unwrap();
    let parsed: serde_json::Value = serde_json::from_str(&json_out.text()).unwrap();
    assert_eq!(parsed["entities"][0]["watermark_to"], "2026-01-31T10:00:00");

    let (text, out, err) = console(OutputFormat::Text);
    run::show(&text, &document).unwrap();
    insta::assert_snapshot!(format!(
        "# terminal\n{}\n# pipe\n{}\n{}# errors\n{}# json\n{}",
        document.listing().table(Some(80)),
        document.entities[0].line(),
        out.text(),
        err.text(),
        json_out.text(),
    ));
}

#[test]
fn tables_of_the_other_commands() {
    let plan = PlanReport {
        command: "plan",
        cutoff: "2026-01-31T09:58:00".to_owned(),
        guard: "lookback",
        entities: vec![PlannedEntity {
            entity: "dim_cliente".to_owned(),
            stage: 1,
            is_active: true,
            watermark_from: "1900-01-01T00:00:00 / 0".to_owned(),
            rows: 20_010,
            rows_new: 20_000,
            rows_lookback: 10,
            batch_size: 5_000,
            batches: 5,
            statements: vec![PlannedStatement { purpose: "read".to_owned(), sql: "SELECT 1\n".to_owned() }],
            ..PlannedEntity::default()
        }],
    };
    let running = RunningRow {
        holder: "process 42".to_owned(),
        run_id: Some(7),
        heartbeat_at: Some("2026-01-31T09:59:58".to_owned()),
    };
    let status = StatusReport {
        command: "status",
        as_of: "2026-01-31T10:00:00".to_owned(),
        cutoff: "2026-01-31T09:58:00".to_owned(),
        entities: vec![
            StatusRow {
                entity: "dim_cliente".to_owned(),
                is_active: true,
                lag_seconds: Some(12_345),
                pending: 7,
                ..StatusRow::default()
            },
            StatusRow {
                entity: "fact_vendas".to_owned(),
                running: Some(running.clone()),
                lag_seconds: Some(59),
                ..StatusRow::default()
            },
            StatusRow { entity: "fact_metas".to_owned(), running: Some(running), ..StatusRow::default() },
        ],
    };
    let show = |listing: Listing| listing.table(Some(130));
    let statements: String = plan.statements().collect();
    insta::assert_snapshot!(format!(
        "{}\n{}\n{statements}\n{}\n{}\n",
        show(plan.listing()),
        plan.summary(),
        show(status.listing()),
        status.running().join("\n"),
    ));
}

#[test]
fn a_comparison_for_a_person_and_for_a_program() {
    let amount = |name, difference: &str| AmountRow {
        name,
        source: "4302144.10".to_owned(),
        warehouse: "4302000.10".to_owned(),
        explained: "144.00".to_owned(),
        difference: difference.to_owned(),
        ..AmountRow::default()
    };
    let row = |month: &str, different: u64, cost: &str| ReconcileRow {
        entity: "fact_vendas".to_owned(),
        month: month.to_owned(),
        source_rows: 6_000,
        warehouse_rows: 6_000,
        pending: 3,
        different,
        amounts: vec![amount("net", "0.00"), amount("cost", cost)],
        agrees: different == 0,
        ..ReconcileRow::default()
    };
    let agreeing = ReconcileReport {
        command: "reconcile",
        agrees: true,
        dry_run: true,
        hard_deleted: 1,
        rows: vec![
            ReconcileRow {
                entity: "dim_cliente".to_owned(),
                month: "total".to_owned(),
                agrees: true,
                ..ReconcileRow::default()
            },
            row("total", 0, "0.00"),
        ],
        ..ReconcileReport::default()
    };
    let differing = ReconcileReport {
        command: "reconcile",
        exit_code: exit::QUALITY,
        marked: 1_234,
        hard_deleted: 1_234,
        rows: vec![row("2026-01", 1, "0.01"), row("total", 1, "0.01")],
        differences: vec![DifferenceRow {
            entity: "fact_vendas".to_owned(),
            key: 17,
            month: Some("2026-01".to_owned()),
            what: "cost",
            source: "10.00".to_owned(),
            warehouse: "10.01".to_owned(),
        }],
        ..ReconcileReport::default()
    };
    let (json, json_out, _) = console(OutputFormat::Json);
    assert_eq!(reconcile::show(&json, &differing, false).unwrap(), exit::QUALITY);
    let parsed: serde_json::Value = serde_json::from_str(&json_out.text()).unwrap();
    assert_eq!((&parsed["exit_code"], &parsed["rows"][0]["amounts"][1]["difference"]), (&20.into(), &"0.01".into()));
    let (text, out, _) = console(OutputFormat::Text);
    assert_eq!(reconcile::show(&text, &differing, false).unwrap(), exit::QUALITY);
    let show = |listing: Listing| listing.table(Some(130));
    insta::assert_snapshot!(format!(
        "# terminal\n{}\n{}\n# all amounts\n{}\n# pipe\n{}",
        show(agreeing.listing(false)),
        agreeing.summary(),
        show(agreeing.listing(true)),
        out.text(),
    ));
}

#[test]
fn a_closed_pipe_is_success_and_a_full_disk_is_not() {
    struct Failing(io::ErrorKind);
    impl io::Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::from(self.0))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let over = |kind| Console::with_writers(OutputFormat::Text, Box::new(Failing(kind)), Box::new(io::sink()));
    let closed = over(io::ErrorKind::BrokenPipe);
    assert!(closed.line("a").is_ok() && closed.line("b").is_ok());
    assert_eq!(over(io::ErrorKind::StorageFull).line("a").unwrap_err().code(), "DW-E0040");
}

#[tokio::test]
async fn every_prints_a_line_a_cycle_and_ends_with_the_stop() {
    let (console, out, _) = console(OutputFormat::Text);
    let stop = StopFlag::default();
    let mut cycles = 0;
    let code = every::repeat(&console, Duration::from_millis(5), &stop, async || {
        cycles += 1;
        match cycles {
            2 => Err(DwError::Busy { database: Database::Dw, location: "x.db".to_owned(), waited_seconds: 10 }),
            3 => {
                // The stop comes in the middle of a cycle, which still reports.
                stop.stop();
                Ok(document(vec![row("dim_cliente", 2, None)]))
            }
            _ => Ok(document(vec![])),
        }
    })
    .await
    .unwrap();
    assert_eq!((code, cycles), (exit::OK, 3));
    let text = out.text();
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let statuses: Vec<&str> = lines.iter().filter_map(|line| line["status"].as_str()).collect();
    assert_eq!(statuses, ["success", "failed", "success"]);
    assert_eq!(lines[1]["error"]["code"], "DW-E0012");
}

#[tokio::test]
async fn every_gives_up_on_what_no_repetition_heals() {
    let (console, out, _) = console(OutputFormat::Json);
    let failing = async || Err(DwError::schema("the schema is of version 9"));
    let error = every::repeat(&console, Duration::from_secs(1), &StopFlag::default(), failing).await.unwrap_err();
    assert_eq!((error.exit_code(), out.text().as_str()), (exit::SCHEMA_MISMATCH, ""));
}

proptest! {
    #[test]
    fn no_command_line_makes_it_panic(arguments in prop::collection::vec("(--[a-z-]{0,14}|run|export|[0-9a-zTZ:,-]{0,20}|\\PC{0,8})", 0..6)) {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let _ = check(&arguments);
    }

    #[test]
    fn no_time_or_number_makes_it_panic(from in "\\PC{0,24}", to in "\\PC{0,24}", every in "\\PC{0,8}", batches in "\\PC{0,8}") {
        let window = RunArgs { from: Some(from), to: Some(to), ..RunArgs::default() };
        let _ = request::check(&window);
        let _ = request::check(&RunArgs { every: Some(every), max_batches: Some(batches), ..RunArgs::default() });
    }
}
