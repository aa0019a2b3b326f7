//! Holds the pages of `docs/` and the code together: links, error codes, exit codes, members, additions, views, decisions.
//!
//! Parts of `docs/contract.md`, and the scripts below `sql/` that create the tables, are made from the catalog.
//! `DW_TEST_UPDATE_DOCS=1 cargo test -p dw-core --test docs` writes them again after a change.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail the test that calls them")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use dw_core::catalog::{self, dims, find_table};
use dw_core::error::{Database, DwError};
use dw_core::members::{self, Member, MemberValue};
use dw_core::schema::{Column, DefaultValue, Table};
use dw_core::scripts::generated;
use dw_core::sql_server::TsqlDialect;
use dw_core::value::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The Markdown files of the root and of `docs/`.
fn pages() -> Vec<PathBuf> {
    let mut pages = Vec::new();
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                pages.push(path);
            }
        }
    }
    pages.extend(fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()));
    pages.retain(|path| path.extension().is_some_and(|ending| ending == "md"));
    pages.sort();
    pages
}

/// The lines outside of fenced code.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

/// A line without its inline code.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect()
}

/// The anchor of a heading, as GitHub makes it.
fn anchor(heading: &str) -> String {
    heading
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

fn anchors(page: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(page).unwrap();
    prose(&text)
        .filter_map(|line| line.strip_prefix('#'))
        .map(|line| anchor(line.trim_start_matches('#').trim()))
        .collect()
}

/// The targets of the links of a page.
fn links(text: &str) -> Vec<String> {
    let mut links = Vec::new();
    for line in prose(text) {
        let line = without_code(line);
        let mut rest = line.as_str();
        while let Some(at) = rest.find("](") {
            rest = &rest[at + 2..];
            let end = rest.find(')').unwrap_or(rest.len());
            links.push(rest[..end].to_owned());
            rest = &rest[end..];
        }
    }
    links
}

/// The cells of the table rows of a text.
fn rows(text: &str) -> Vec<Vec<String>> {
    text.lines()
        .filter(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

/// The part of a page below a heading, up to the next one of the same depth or less.
fn section<'a>(text: &'a str, heading: &str) -> &'a str {
    let start = text.find(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no heading `{heading}`")) + 1;
    let depth = heading.chars().take_while(|c| *c == '#').count();
    let body = start + heading.len();
    let end = (1..=depth).filter_map(|depth| text[body..].find(&format!("\n{} ", "#".repeat(depth)))).min();
    &text[start..end.map_or(text.len(), |end| body + end)]
}

/// Compares the part of a page between two marks with what the code says, or writes it.
fn hold(page: &str, name: &str, expected: &str) {
    static ONE_WRITER: Mutex<()> = Mutex::new(());
    let _writing = ONE_WRITER.lock().unwrap_or_else(PoisonError::into_inner);
    let (begin, end) = (format!("<!-- {name}: begin -->\n"), format!("<!-- {name}: end -->"));
    let text = read(page);
    let from = text.find(&begin).unwrap_or_else(|| panic!("{page} has no mark `{name}`")) + begin.len();
    let to = from + text[from..].find(&end).unwrap_or_else(|| panic!("{page} does not end `{name}`"));
    let expected = format!("\n{}\n\n", expected.trim());
    hold_file(page, &format!("{}{expected}{}", &text[..from], &text[to..]));
}

/// Compares a file with what the code says, or writes it.
fn hold_file(path: &str, expected: &str) {
    if std::env::var_os("DW_TEST_UPDATE_DOCS").is_some() {
        // Renamed, so that the other tests find the whole page at any moment.
        let new = root().join(format!("{path}.new"));
        fs::write(&new, expected).unwrap();
        fs::rename(new, root().join(path)).unwrap();
        return;
    }
    // Line by line, so that the message shows the first difference and not two whole files.
    let text = read(path);
    for (number, (found, expected)) in (1..).zip(text.lines().zip(expected.lines())) {
        assert_eq!(found, expected, "{path}:{number}: {AGAIN}");
    }
    assert_eq!(text, expected, "{path}: {AGAIN}");
}

const AGAIN: &str = "run `DW_TEST_UPDATE_DOCS=1 cargo test -p dw-core --test docs`";

#[test]
fn every_relative_link_exists() {
    let mut broken = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for link in links(&text) {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (path, fragment) = link.split_once('#').unwrap_or((&link, ""));
            let target = if path.is_empty() { page.clone() } else { page.parent().unwrap().join(path) };
            let is_anchor = fragment.is_empty() || (target.is_file() && anchors(&target).contains(fragment));
            if !target.exists() || !is_anchor {
                broken.push(format!("{}: {link}", page.strip_prefix(root()).unwrap_or(&page).display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn the_readme_names_the_oldest_rust_that_works() {
    let manifest = read("Cargo.toml");
    let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap().trim_matches('"');
    assert!(read("README.md").contains(&format!("Rust {version} or newer")));
}

#[test]
fn every_page_is_reached_from_the_readme() {
    let mut reached = BTreeSet::new();
    let mut open = vec![root().join("README.md")];
    while let Some(page) = open.pop() {
        if !reached.insert(page.canonicalize().unwrap()) || page.extension().is_none_or(|ending| ending != "md") {
            continue;
        }
        let text = fs::read_to_string(&page).unwrap();
        for link in links(&text).iter().filter(|link| !link.contains("://")) {
            let target = page.parent().unwrap().join(link.split('#').next().unwrap_or_default());
            if target.is_file() {
                open.push(target);
            }
        }
    }
    let lost: Vec<PathBuf> =
        pages().into_iter().filter(|page| !reached.contains(&page.canonicalize().unwrap())).collect();
    assert!(lost.is_empty(), "no link leads to {lost:#?}");
}

/// One error of each variant, and of each database where the exit code depends on it.
fn errors() -> Vec<DwError> {
    let text = String::new;
    let mut errors = vec![
        DwError::Usage { message: text(), hint: text() },
        DwError::Config { origin: text(), message: text() },
        DwError::SchemaMismatch { message: text(), hint: text() },
        DwError::ScriptUnfinished { database: Database::Dw, script: text(), began: text(), ending: "failed" },
        DwError::ScriptText { script: text(), line: 1, message: text() },
        DwError::LockLost { entity: text() },
        DwError::LockHeld { entity: text(), holder: text() },
        DwError::WatermarkMoved { entity: text() },
        DwError::StillParked { entity: text(), count: 1, sample: text() },
        DwError::DependencyFailed { entity: text(), dependency: text() },
        DwError::Io { action: "cannot read", path: PathBuf::new(), source: std::io::Error::other("x") },
        DwError::Internal(text()),
        DwError::Backup { database: text(), step: "copy", message: text(), hint: text(), transient: false },
        DwError::Verify { file: text(), message: text() },
    ];
    for database in [Database::Oltp, Database::Dw] {
        errors.extend([
            DwError::Missing { database, location: text(), hint: text() },
            DwError::Unreachable { database, location: text(), message: text() },
            DwError::Busy { database, location: text(), waited_seconds: 1 },
            DwError::DiskFull { database, location: text() },
            DwError::Corrupt { database, location: text(), message: text() },
            DwError::Connection { database, location: text(), message: text(), hint: text(), transient: true },
            DwError::TimedOut { database, location: text(), seconds: 1, statement: text() },
            DwError::Permission { database, location: text(), login: text(), message: text() },
            DwError::CommitUnknown { database, location: text(), message: text() },
            DwError::Constraint { database, message: text() },
            DwError::Statement { database, message: text(), statement: text(), transient: false },
        ]);
    }
    errors
}

/// `DW-E0001` and the like in a text.
fn codes(text: &str) -> BTreeSet<String> {
    text.match_indices("DW-E")
        .filter_map(|(at, _)| text.get(at..at + 8))
        .filter(|code| code[4..].bytes().all(|byte| byte.is_ascii_digit()))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_error_code_is_documented_with_its_exit_code() {
    let page = read("docs/errors.md");
    let in_code = codes(&read("crates/dw-core/src/error.rs"));
    assert_eq!(codes(&page), in_code, "docs/errors.md and error.rs have the same codes");

    let mut exits: BTreeMap<String, BTreeSet<u8>> = BTreeMap::new();
    for error in errors() {
        exits.entry(error.code().to_owned()).or_default().insert(error.exit_code());
    }
    assert_eq!(exits.keys().cloned().collect::<BTreeSet<_>>(), in_code, "this test makes one error of each variant");
    for row in rows(section(&page, "## Error codes")) {
        let Some(expected) = exits.remove(row[0].trim_matches('`')) else { continue };
        let shown: BTreeSet<u8> = row[2].split(" or ").map(|exit| exit.parse().unwrap()).collect();
        assert_eq!(shown, expected, "{}", row[0]);
        assert!(row[3..].iter().all(|cell| !cell.is_empty()), "{} says what it means and what to do", row[0]);
    }
    assert!(exits.is_empty(), "the table lacks {:?}", exits.keys());
}

#[test]
fn every_exit_code_is_documented() {
    let source = read("crates/dw-core/src/exit.rs");
    let constants: Vec<(String, String)> = source
        .lines()
        .filter_map(|line| line.strip_prefix("pub const ")?.split_once(": u8 = "))
        .map(|(name, number)| (number.trim_end_matches(';').to_owned(), name.to_owned()))
        .collect();
    assert!(constants.len() >= 12);
    let page = read("docs/errors.md");
    let table: Vec<(String, String)> = rows(section(&page, "## Exit codes"))
        .into_iter()
        .filter(|row| row[0].parse::<u8>().is_ok())
        .map(|row| (row[0].clone(), row[1].trim_matches('`').to_owned()))
        .collect();
    assert_eq!(table, constants);
    let readme = read("README.md");
    let short: BTreeSet<String> =
        rows(section(&readme, "## Exit codes")).into_iter().map(|row| row[0].clone()).collect();
    for (number, name) in constants {
        assert!(short.contains(&number), "README.md lacks {number} {name}");
    }
}

#[test]
fn every_reason_of_a_reject_is_documented() {
    let quoted = |path: &str, from: &str| -> BTreeSet<String> {
        let source = read(path);
        let body = &source[source.find(from).unwrap()..];
        let body = &body[..body.find("\n    }\n").unwrap()];
        body.lines().filter_map(|line| line.split('"').nth(1)).map(str::to_owned).collect()
    };
    let documented = |page: &str, heading: &str| -> BTreeSet<String> {
        rows(section(&read(page), heading))
            .into_iter()
            .filter(|row| row[0].starts_with('`'))
            .map(|row| row[0].trim_matches('`').to_owned())
            .collect()
    };
    assert_eq!(
        documented("docs/errors.md", "## Reasons of a reject"),
        quoted("crates/dw-etl/src/reject.rs", "pub fn as_str(self)")
    );
    assert_eq!(
        documented("docs/olist.md", "## Reasons"),
        quoted("crates/dw-sample/src/olist/report.rs", "pub fn as_str(self)")
    );
}

/// What a member row has in a column.
fn shown(table: &'static Table, column: &Column, member: Member) -> String {
    let (key, unique) = match member {
        Member::Unknown => ("-1", "#-1"),
        Member::Inferred => ("the key", "`#` and the key"),
    };
    if table.primary_key.contains(&column.name) {
        return if member == Member::Unknown { "-1".to_owned() } else { "the next number".to_owned() };
    }
    let values = members::member_values(table, member);
    match values.iter().find(|(name, _)| *name == column.name).map(|(_, value)| value) {
        Some(MemberValue::Fixed(value)) => column.ty.render(value).unwrap(),
        Some(MemberValue::Key) => key.to_owned(),
        Some(MemberValue::UniqueText) => unique.to_owned(),
        None => match column.default {
            DefaultValue::None => "NULL".to_owned(),
            DefaultValue::Int(number) => column.ty.render(&Value::Int(number)).unwrap(),
            DefaultValue::Text(text) => text.to_owned(),
            DefaultValue::UtcNow | DefaultValue::CurrentUser => {
                panic!("{} depends on when it is inserted", column.name)
            }
        },
    }
}

#[test]
fn the_members_are_the_documented_ones() {
    let mut page = String::new();
    for table in dims::TABLES.iter().filter(|table| members::key_column(table).is_some()) {
        writeln!(page, "#### `{}`\n\n| column | member -1 | inferred member |\n|---|---|---|", table.full_name())
            .unwrap();
        for column in table.columns {
            let (unknown, inferred) = (shown(table, column, Member::Unknown), shown(table, column, Member::Inferred));
            writeln!(page, "| {} | {unknown} | {inferred} |", column.name).unwrap();
        }
        page.push('\n');
    }
    hold("docs/contract.md", "members", &page);
}

#[test]
fn the_additional_columns_are_the_documented_ones() {
    let mut page = "| table | column | type | null | default |\n|---|---|---|---|---|\n".to_owned();
    for table in catalog::oltp_tables().chain(catalog::dw_tables()) {
        for column in table.columns.iter().filter(|column| column.additive) {
            let null = if column.nullable { "NULL" } else { "NOT NULL" };
            let default = match column.default {
                DefaultValue::None => String::new(),
                DefaultValue::Int(number) => column.ty.render(&Value::Int(number)).unwrap(),
                DefaultValue::Text(text) => text.to_owned(),
                DefaultValue::UtcNow => "now".to_owned(),
                DefaultValue::CurrentUser => "user".to_owned(),
            };
            writeln!(page, "| {} | {} | {} | {null} | {default} |", table.full_name(), column.name, column.ty).unwrap();
        }
    }
    hold("docs/contract.md", "columns", &page);
}

#[test]
fn the_widened_columns_have_the_documented_types() {
    let page = read("docs/contract.md");
    let widened = rows(section(&page, "### Wider columns"));
    let mut checked = 0;
    for row in widened.iter().filter(|row| row[0].contains('.')) {
        let table = find_table(row[0].trim_matches('`')).unwrap_or_else(|| panic!("no table {}", row[0]));
        for name in row[1].split(", ") {
            let column = table.column(name).unwrap_or_else(|| panic!("{} has no {name}", row[0]));
            assert_eq!(column.ty.to_string(), row[3], "{}.{name}", row[0]);
            assert!(!column.additive, "{name} is an addition");
            checked += 1;
        }
    }
    assert!(checked > 20, "only {checked} columns were found");
}

#[test]
fn the_indexes_are_the_documented_ones() {
    let indexes: BTreeSet<&str> = catalog::oltp_tables()
        .chain(catalog::dw_tables())
        .flat_map(|table| table.indexes.iter().map(|index| index.name))
        .collect();
    let page = read("docs/contract.md");
    let named = |heading: &str| -> Vec<String> {
        let names = rows(section(&page, heading)).into_iter().map(|row| row[0].trim_matches('`').to_owned());
        names.filter(|name| name.starts_with("IX_") || name.starts_with("UX_")).collect()
    };
    let (added, left_out) = (named("### Indexes added"), named("### Indexes left out"));
    assert!(!added.is_empty() && !left_out.is_empty());
    for name in added {
        assert!(indexes.contains(name.as_str()), "{name} is not in the catalog");
    }
    for name in left_out {
        assert!(!indexes.contains(name.as_str()), "{name} is in the catalog");
    }
}

#[test]
fn the_scripts_of_the_tables_are_those_of_the_catalog() {
    hold_file("sql/oltp/up/0001_source_tables.sql", &generated::source_tables(&TsqlDialect));
    hold_file("sql/dw/up/0001_star_schema.sql", &generated::star_schema(&TsqlDialect));
    hold_file("sql/dw/up/0002_quality.sql", &generated::quality(&TsqlDialect));
    hold_file("sql/dw/up/0003_backups.sql", &generated::backups(&TsqlDialect));
}

#[test]
fn every_view_is_documented() {
    let page = read("docs/contract.md");
    let views = section(&page, "## Views");
    for view in catalog::views::VIEWS {
        assert!(views.contains(&format!("`{}.{}`", view.schema, view.name)), "{} is not documented", view.name);
    }
}

#[test]
fn decisions_are_numbered_without_gaps_and_listed() {
    let mut names: Vec<String> = fs::read_dir(root().join("docs/decisions"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "README.md")
        .collect();
    names.sort();
    let list = read("docs/decisions/README.md");
    for (number, name) in (1..).zip(&names) {
        assert!(name.starts_with(&format!("{number:04}-")), "{name} breaks the numbering");
        assert!(list.contains(&format!("({name})")), "{name} is not listed");
        let page = read(&format!("docs/decisions/{name}"));
        for heading in ["## Context", "## Decision", "## Consequences"] {
            assert!(page.contains(&format!("\n{heading}\n")), "{name} has no {heading}");
        }
    }
}
