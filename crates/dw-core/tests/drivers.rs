//! Only `dw-core` names a database driver (design, invariant 1): the manifests and the sources of all crates are read.
#![allow(clippy::unwrap_used, reason = "helpers of tests, where a failure is to panic")]

use std::path::{Path, PathBuf};

/// Crates of drivers and pools.
const DRIVERS: [&str; 5] = ["tiberius", "bb8", "bb8-tiberius", "bb8_tiberius", "rusqlite"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
}

fn crates() -> impl Iterator<Item = PathBuf> {
    std::fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap().path())
}

#[test]
fn only_dw_core_depends_on_a_driver() {
    let mut seen = 0;
    for folder in crates() {
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let dependencies = manifest
            .lines()
            .filter_map(|line| line.split(['.', '=', ' ']).next())
            .filter(|name| DRIVERS.contains(name))
            .count();
        let is_core = folder.ends_with("dw-core");
        assert!(is_core || dependencies == 0, "{} depends on a driver", folder.display());
        seen += usize::from(is_core && dependencies >= 4);
    }
    assert_eq!(seen, 1, "dw-core has the drivers");
}

#[test]
fn only_an_engine_of_dw_core_names_its_driver() {
    for folder in crates() {
        let mut sources = Vec::new();
        files(&folder, "rs", &mut sources);
        for path in sources {
            let text = std::fs::read_to_string(&path).unwrap();
            let engine = path.to_string_lossy().contains("dw-core/src/sql_server")
                || path.to_string_lossy().contains("dw-core/src/embedded");
            // A path such as `tiberius::Config`, or a `use` of it.
            let named = ["tiberius", "bb8", "bb8_tiberius", "rusqlite"]
                .iter()
                .find(|name| text.contains(&format!("{name}::")) || text.contains(&format!("use {name}")));
            assert!(
                engine || named.is_none() || path.ends_with("tests/drivers.rs"),
                "{} names {named:?}",
                path.display()
            );
        }
    }
}
