//! Measures a backup of the embedded engine against `cp` of the same file:
//! `cargo run --release -p dw-backup --example measure -- FOLDER [MEGABYTES]`. The folder is filled once and used again; it needs
//! three times the size. The backup runs in a process of its own, so that its peak of memory is its own.
#![allow(clippy::print_stdout, reason = "the result of a measurement")]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use dw_audit::sla::rules;
use dw_backup::embedded::EmbeddedBackups;
use dw_backup::name::BackupKind;
use dw_backup::port::Unwatched;
use dw_backup::vault::{OnceOptions, Vault};
use dw_core::config::{Overrides, load};
use dw_core::embedded::EmbeddedEngine;
use dw_core::engine::{Access, Engine};
use dw_core::error::{Database, DwError, DwResult};
use dw_core::migrate;

#[tokio::main]
async fn main() -> DwResult<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, folder, rest @ ..] = &arguments[..] else {
        return Err(DwError::usage("a folder is missing", "measure -- FOLDER [MEGABYTES]"));
    };
    let engine = EmbeddedEngine::new(Path::new(folder).join("data"));
    if rest.first().is_some_and(|word| word == "backup") {
        return backup(engine, Path::new(folder)).await;
    }
    let megabytes: u64 = rest.first().and_then(|text| text.parse().ok()).unwrap_or(1_024);
    fill(&engine, megabytes).await?;
    let bytes = engine.size(Database::Dw)?;
    let rate = |seconds: f64| {
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let megabytes = bytes as f64 / 1e6;
        megabytes / seconds
    };
    let me = std::env::current_exe().map_err(|error| DwError::Internal(error.to_string()))?;
    for round in 1..=3 {
        let copy = Path::new(folder).join("cp.db");
        let began = Instant::now();
        let script = format!("cp '{}' '{}' && sync '{1}'", engine.path(Database::Dw).display(), copy.display());
        let copied = Command::new("sh").args(["-c", &script]).status();
        println!("{round}: cp {:.0} MB/s ({})", rate(began.elapsed().as_secs_f64()), copied.is_ok());
        let output = Command::new(&me).args([folder, "backup"]).output();
        let output = output.map_err(|error| DwError::Internal(error.to_string()))?;
        print!("{round}: {}", String::from_utf8_lossy(&output.stdout));
    }
    Ok(())
}

async fn fill(engine: &EmbeddedEngine, megabytes: u64) -> DwResult<()> {
    if engine.exists(Database::Dw) {
        return Ok(());
    }
    migrate::init(engine).await?;
    let mut session = engine.open(Database::Dw, Access::ReadWrite, "fill").await?;
    session.execute("CREATE TABLE filler (id INTEGER PRIMARY KEY, body BLOB)", &[]).await?;
    for _ in 0..megabytes.div_ceil(64) {
        let rows = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 65536) \
                    INSERT INTO filler (body) SELECT randomblob(1000) FROM n";
        session.execute(rows, &[]).await?;
    }
    session.query("PRAGMA wal_checkpoint(TRUNCATE)", &[]).await.map(|_| ())
}

async fn backup(engine: EmbeddedEngine, folder: &Path) -> DwResult<()> {
    let settings = load(&Overrides::default())?;
    let port = EmbeddedBackups::new(engine.clone(), folder.join("backups"));
    let vault = Vault::new(Arc::new(engine), Box::new(port), settings.backup, rules::load(None)?)?;
    let options = OnceOptions { databases: vec![Database::Dw], kind: BackupKind::Full, copy_only: false };
    for taken in vault.once(&options, &Unwatched).await? {
        if let Some(error) = taken.error {
            return Err(error);
        }
        let record = taken.record;
        let rate = |millis: Option<u64>| record.size_bytes.unwrap_or(0) / 1_000 / millis.unwrap_or(1).max(1);
        println!("backup {} MB/s, verification {} MB/s, {}", rate(record.backup_ms), rate(record.verify_ms), peak());
        for file in [record.file.clone(), format!("{}.json", record.file)] {
            let _gone = std::fs::remove_file(folder.join("backups").join(file));
        }
    }
    Ok(())
}

fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM: unknown");
    format!("memory at most {}", line.trim_start_matches("VmHWM:").trim())
}
