//! `docs/defects.md` maps each finding about the reference system to the tests that hold it or to why it does not apply
//! (ruling 33). Here the page is compared with the findings, with the tests that it names, and with the tests that exist.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests and their helpers")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The findings: a letter and how many it has, as the description numbers them.
const FINDINGS: [(&str, u32); 9] =
    [("E", 18), ("P", 8), ("S", 29), ("B", 13), ("D", 19), ("A", 10), ("O", 13), ("K", 5), ("T", 6)];

/// Issues that bring what a finding is about.
const ISSUES: std::ops::RangeInclusive<u32> = 3..=6;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn findings() -> Vec<String> {
    FINDINGS.iter().flat_map(|(letter, count)| (1..=*count).map(move |number| format!("{letter}{number}"))).collect()
}

/// The lines of the tables: id and what is said about it.
fn page() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(root().join("docs/defects.md")).unwrap();
    let cells = |line: &str| -> Option<(String, String)> {
        let (id, said) = line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | ")?;
        (id != "id").then(|| (id.to_owned(), said.to_owned()))
    };
    text.lines().filter_map(cells).collect()
}

/// The tests that a line names: path and function.
fn named(said: &str) -> Vec<(&str, &str)> {
    said.split('`').skip(1).step_by(2).filter_map(|code| code.split_once("::")).collect()
}

/// The functions of a file that stand behind a test attribute, those of a `proptest!` among them.
fn tests_of(path: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut found = BTreeSet::new();
    let mut is_test = false;
    for line in text.lines().map(str::trim) {
        if ["#[test]", "#[tokio::test", "#[both_engines", "#[on_sql_server"].iter().any(|test| line.starts_with(test)) {
            is_test = true;
        } else if let Some(function) = line.trim_start_matches("async ").strip_prefix("fn ") {
            if is_test {
                found.insert(function.split('(').next().unwrap().to_owned());
            }
            is_test = false;
        }
    }
    found
}

#[test]
fn every_finding_is_on_the_page_once_and_in_order() {
    let listed: Vec<String> = page().into_iter().map(|(id, _)| id).collect();
    assert_eq!(listed.len(), 121);
    assert_eq!(listed, findings());
}

#[test]
fn every_line_names_a_test_or_an_issue_or_says_never() {
    for (id, said) in page() {
        let without_tests: Vec<&str> = said.split("; ").filter(|part| !part.starts_with('`')).collect();
        for part in &without_tests {
            let issue =
                part.strip_prefix("issue ").and_then(|rest| rest.split(':').next()).and_then(|n| n.parse().ok());
            let is_reason = issue.is_some_and(|issue| ISSUES.contains(&issue)) || part.starts_with("never: ");
            assert!(is_reason && part.len() > 12, "{id}: `{part}` is no test, no issue and no reason");
        }
        assert!(!named(&said).is_empty() || !without_tests.is_empty(), "{id} says nothing");
        // What can apply to the ETL on the embedded engine is held by a test.
        let can_apply = id.starts_with('S') || (id.starts_with('E') && id != "E18");
        assert!(!can_apply || !named(&said).is_empty(), "{id} has no test");
    }
}

#[test]
fn every_named_test_exists() {
    let mut files: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (id, said) in page() {
        for (path, function) in named(&said) {
            let tests = files.entry(path.to_owned()).or_insert_with(|| tests_of(path));
            assert!(tests.contains(function), "{id}: {path} has no test `{function}`");
        }
    }
    assert!(files.len() > 20, "{}", files.len());
}

/// A test whose name begins with the id of a finding is on the page at that id.
#[test]
fn every_test_of_a_finding_is_on_the_page() {
    let page: BTreeMap<String, String> = page().into_iter().collect();
    let folder = root().join("crates/dw-etl/tests/defects");
    let mut paths: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| format!("crates/dw-etl/tests/defects/{}", entry.unwrap().file_name().to_string_lossy()))
        .collect();
    paths.extend(["swaps", "rejects", "members"].map(|file| format!("crates/dw-etl/tests/{file}.rs")));
    let mut seen = 0;
    for path in paths {
        for function in tests_of(&path) {
            let ids = function.split('_').take_while(|word| word[1..].parse::<u32>().is_ok());
            for id in ids.map(str::to_uppercase) {
                seen += 1;
                let said = page.get(&id).unwrap_or_else(|| panic!("{path}::{function}: {id} is no finding"));
                assert!(said.contains(&format!("{path}::{function}`")), "{id} does not name {path}::{function}");
            }
        }
    }
    assert!(seen > 80, "{seen}");
}
