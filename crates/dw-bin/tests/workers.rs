//! Several `etl run --every` on one warehouse: some share the entities, another one wants all of them. Nobody loads an entity that
//! somebody else is loading, and the warehouse is equal to its source in the end.
#![cfg(all(unix, feature = "etl", feature = "init"))]
#![allow(clippy::unwrap_used, reason = "helpers of tests, where a failure is to panic")]

mod process;

use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use process::{run, text};
use serde_json::Value;

const ETL: &str = env!("CARGO_BIN_EXE_etl");
const INIT: &str = env!("CARGO_BIN_EXE_init");
const DATA: &str = "data";

fn good(folder: &Path, binary: &str, arguments: &[&str]) -> Value {
    let output = run(binary, folder, &[arguments, &["--data-dir", DATA, "--output", "json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn worker(folder: &Path, entities: &str) -> Child {
    let arguments = ["run", "--every", "1s", "--output", "json", "--data-dir", DATA, "--entity", entities];
    process::command(ETL, folder, &arguments).spawn().unwrap()
}

#[test]
fn workers_share_the_entities_by_their_locks() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    good(folder, INIT, &["--scale", "0.02"]);
    let dimensions = "dim_cliente,dim_produto,dim_regiao,dim_equipe,dim_desconto,dim_vendedor";
    let workers = [dimensions, "fact_vendas,fact_metas,fact_descontos", "all"].map(|entities| worker(folder, entities));
    for _ in 0..6 {
        std::thread::sleep(Duration::from_secs(1));
        good(folder, INIT, &["wave"]);
    }
    std::thread::sleep(Duration::from_secs(2));
    for worker in workers {
        assert!(Command::new("kill").args(["-TERM", &worker.id().to_string()]).status().unwrap().success());
        let output = worker.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let cycles: Vec<Value> = text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(cycles.iter().any(|cycle| cycle["status"] == "success"), "{cycles:?}");
        // The only thing that goes wrong is that somebody else is at it; the next cycle tries again.
        for cycle in cycles.iter().filter(|cycle| cycle["status"] != "success") {
            assert_eq!(cycle["error"]["code"], "DW-E0030", "{cycle}");
        }
    }
    good(folder, ETL, &["run"]);
    let compared = good(folder, ETL, &["reconcile", "--dry-run"]);
    assert_eq!(compared["agrees"], true, "{compared}");
}
