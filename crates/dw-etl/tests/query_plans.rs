//! The plans of every statement of extraction, as the embedded engine says it will run them: an index seek for each driving
//! table, then from the work table to primary keys, and never a scan of a source table (rulings 11 and 12).
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, where a failure is to panic")]

mod common;

use std::fmt::Write;

use common::Stack;
use dw_core::engine::Session;
use dw_etl::entities;
use dw_etl::statements::Statements;

/// The plan of a statement, a line a step.
async fn plan(session: &mut dyn Session, sql: &str) -> Vec<String> {
    let rows = session.query(&format!("EXPLAIN QUERY PLAN {sql}"), &[]).await.unwrap();
    rows.rows().map(|row| row[3].text().unwrap().unwrap().to_owned()).collect()
}

/// The tables of the source that the plan reads from end to end. A scan is told by the alias alone: what is not a temporary
/// table, a subquery or the union of drivers is a source table.
fn scans(plan: &[String]) -> Vec<&String> {
    const HARMLESS: [&str; 6] = ["SCAN w", "SCAN k", "SCAN a", "SCAN u", "SCAN CONSTANT ROW", "SCAN temp.work"];
    let is_harmless =
        |step: &String| HARMLESS.iter().any(|harmless| step == harmless || step.starts_with(&format!("{harmless} ")));
    plan.iter().filter(|step| step.starts_with("SCAN") && !is_harmless(step)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn extraction_seeks_and_never_scans_a_source_table() {
    // Plans without statistics follow from the schema alone: an empty source has those of a full one.
    let stack = Stack::empty(dw_testkit::On::Embedded).await;
    let mut oltp = stack.oltp().await;
    let mut text = String::new();
    for entity in entities::ALL {
        let descriptor = entity.descriptor();
        let statements = Statements::new(*entity, oltp.dialect());
        for sql in statements.create_work_tables() {
            oltp.execute(&sql, &[]).await.unwrap();
        }
        writeln!(text, "# {}", descriptor.name).unwrap();
        for (at, driver) in descriptor.drivers.iter().enumerate() {
            let steps = plan(&mut *oltp, &statements.changed_keys_of(at)).await;
            let key = driver.table.primary_key[0];
            let index = driver.table.indexes.iter().find(|index| index.columns == ["updated_at", key]).unwrap();
            let name = oltp.dialect().table(driver.table.schema, index.name);
            let plain = name.trim_matches('"').rsplit('.').next().unwrap().to_owned();
            let seek = |step: &&String| {
                step.starts_with("SEARCH d USING")
                    && step.contains(&plain)
                    && step.contains("(updated_at>? AND updated_at<?)")
            };
            assert_eq!(steps.iter().filter(seek).count(), 1, "{}: {steps:#?}", descriptor.name);
            assert_eq!(scans(&steps), Vec::<&String>::new(), "{}: {steps:#?}", descriptor.name);
            writeln!(text, "## changed keys by {}", driver.table.name).unwrap();
            text.extend(steps.iter().map(|step| format!("{step}\n")));
        }
        let all = [("collect keys", statements.collect_keys())]
            .into_iter()
            .chain(statements.order_keys().into_iter().map(|sql| ("order keys", sql)))
            .chain([("count", statements.count_work()), ("read", statements.read_work())]);
        for (what, sql) in all {
            let steps = plan(&mut *oltp, &sql).await;
            assert_eq!(scans(&steps), Vec::<&String>::new(), "{}, {what}: {steps:#?}", descriptor.name);
            writeln!(text, "## {what}").unwrap();
            text.extend(steps.iter().map(|step| format!("{step}\n")));
            if what == "read" {
                // The work table in its own order, then one row of each table by its key.
                assert_eq!(steps.first().map(String::as_str), Some("SCAN w"), "{}: {steps:#?}", descriptor.name);
                let source = format!("SEARCH {} USING INTEGER PRIMARY KEY (rowid=?)", descriptor.alias);
                assert!(steps.iter().any(|step| step.starts_with(&source)), "{}: {steps:#?}", descriptor.name);
                assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "no sort: {steps:#?}");
            }
        }
    }
    insta::assert_snapshot!(text);
}
