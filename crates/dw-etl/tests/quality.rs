//! Quality checks on a loaded warehouse: nothing fails on a healthy one, each kind finds what is broken, and what is found is
//! stored with history.
#![expect(clippy::unwrap_used, reason = "the helpers of these tests are no tests themselves")]

mod common;

use common::{Stack, only};
use dw_audit::monitor::quality as page;
use dw_audit::quality::{Check, CheckResult, Status, declare};
use dw_core::time;
use dw_etl::check::{CheckReport, after_run, check, choose};
use dw_etl::options::RunOptions;
use dw_etl::report::Silent;
use dw_testkit::{On, both_engines};

fn all() -> Vec<Check> {
    declare::load(None).unwrap()
}

fn named(names: &[&str]) -> Vec<Check> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    choose(all(), &[], &names).unwrap()
}

async fn asked(stack: &Stack, checks: &[Check]) -> CheckReport {
    let report = check(&*stack.engine, checks, None, 90, &Silent).await.unwrap();
    assert_eq!(report.not_stored, None);
    report
}

fn of<'r>(report: &'r CheckReport, name: &str) -> &'r CheckResult {
    report.results.iter().find(|result| result.check == name).unwrap()
}

fn bad(report: &CheckReport) -> Vec<String> {
    let bad = report.results.iter().filter(|result| result.status.is_bad());
    bad.map(|result| format!("{} {:?} {:?}", result.check, result.observed, result.message)).collect()
}

#[both_engines]
async fn a_healthy_warehouse_fails_no_check_and_every_check_is_stored(on: On) {
    let stack = Stack::sample(on, 0.02).await;
    stack.run(&RunOptions::default()).await;
    let checks = all();
    let report = asked(&stack, &checks).await;
    assert_eq!(bad(&report), Vec::<String>::new());
    assert_eq!((report.exit_code(), report.results.len()), (0, checks.len()));
    // One run is not enough for a volume; everything else was judged.
    let skipped: Vec<&str> =
        report.results.iter().filter(|r| r.status == Status::Skipped).map(|r| r.check.as_str()).collect();
    assert_eq!(skipped, ["fact_vendas.volume", "fact_metas.volume", "fact_descontos.volume"]);

    let mut dw = stack.dw().await;
    let page = page::page(&mut *dw, 14, time::now()).await.unwrap();
    assert_eq!(page.checks.len(), checks.len());
    assert!(page.checks.iter().all(|line| !line.status.is_bad() && line.run_id.is_none()));
    let net: i64 = page
        .reconciliation
        .iter()
        .filter(|line| (line.entity.as_str(), line.measure.as_str()) == ("fact_vendas", "net"))
        .map(|line| line.warehouse)
        .sum();
    let expected = match on {
        On::Embedded => stack.number("SELECT SUM(valor_total_liquido) FROM fact.FACT_VENDAS").await,
        On::SqlServer => {
            stack.number("SELECT CAST(SUM(valor_total_liquido) * 100 AS BIGINT) FROM fact.FACT_VENDAS").await
        }
    };
    assert_eq!(net, expected);
    assert!(page.reconciliation.iter().all(|line| line.difference == 0));
    let trend = &page.trends["fact_vendas.key"];
    assert_eq!((trend.len(), trend[0].asked, trend[0].bad), (1, 1, 0));
}

#[both_engines]
async fn each_kind_finds_what_is_broken_with_the_keys_of_the_rows(on: On) {
    let stack = Stack::sample(on, 0.02).await;
    stack.run(&RunOptions::default()).await;
    stack.operate("UPDATE fact.FACT_VENDAS SET valor_comissao = -5 WHERE venda_original_id = 7").await;
    stack.operate("UPDATE fact.FACT_VENDAS SET vendedor_id = NULL WHERE venda_original_id = 8").await;
    stack.operate("UPDATE fact.FACT_VENDAS SET status_pedido = 'Perdido' WHERE venda_original_id IN (9, 11)").await;
    stack.operate("UPDATE fact.FACT_VENDAS SET regiao_id = -1 WHERE venda_original_id < 1000").await;
    stack.operate("DELETE FROM fact.FACT_METAS WHERE meta_original_id > 10").await;
    stack.operate("UPDATE ctl.etl_control SET last_success_at = 86400 WHERE entity_name = 'dim_cliente'").await;
    stack.operate("UPDATE ctl.etl_control SET watermark_updated_at = 86400 WHERE entity_name = 'dim_regiao'").await;
    let old = time::now() - 3 * 86_400;
    stack.change(&format!("UPDATE core.regions SET updated_at = {old} WHERE region_id = 1")).await;
    stack.operate("UPDATE dim.DIM_PRODUTO SET eh_inferido = 1 WHERE produto_original_id = 3").await;
    stack.change("UPDATE core.customers SET district = 'x' WHERE customer_id = 5").await;
    let report = asked(&stack, &all()).await;
    let found = |name: &str| {
        let result = of(&report, name);
        (result.status, result.failing_rows, result.sample.join(","))
    };
    let failed = |rows: u64, keys: &str| (Status::Failed, Some(rows), keys.to_owned());
    assert_eq!(found("fact_vendas.amounts_not_negative"), failed(1, "7"));
    assert_eq!(found("fact_vendas.references_not_null"), failed(1, "8"));
    assert_eq!(found("fact_vendas.status_pedido"), failed(2, "9,11"));
    assert_eq!(found("dim_produto.inferred"), failed(1, "3"));
    assert_eq!(of(&report, "fact_vendas.unknown_region").status, Status::Failed);
    assert_eq!(of(&report, "fact_vendas.unknown_region").sample.len(), 10);
    assert_eq!(of(&report, "fact_metas.coverage").status, Status::Failed);
    assert_eq!(of(&report, "fact_metas.reconciliation").status, Status::Failed);
    assert_eq!(of(&report, "fact_vendas.reconciliation").status, Status::Passed, "a commission is not compared");
    assert_eq!(of(&report, "dim_cliente.freshness").status, Status::Failed);
    assert_eq!(of(&report, "dim_regiao.pending").failing_rows, Some(1));
    assert_eq!(of(&report, "dim_cliente.pending").status, Status::Passed, "a change of this minute may wait");
    assert_eq!(report.exit_code(), 20);
    // Those that an operator calls a warning end with 0.
    let text = "[[check]]\nname = \"fact_vendas.references_not_null\"\nseverity = \"warn\"\n";
    let rules = dw_audit::rules_file::RulesText { path: "q.toml", text };
    let softer = declare::declared(Some(rules)).unwrap();
    let softer = choose(softer, &[], &["fact_vendas.references_not_null".to_owned()]).unwrap();
    assert_eq!(asked(&stack, &softer).await.exit_code(), 0);
}

#[both_engines]
async fn one_cent_and_a_missing_column_are_found(on: On) {
    let stack = Stack::sample(on, 0.02).await;
    stack.run(&RunOptions::default()).await;
    let cent = match on {
        On::Embedded => "UPDATE fact.FACT_VENDAS SET custo_total = custo_total + 1 WHERE venda_original_id = 7",
        On::SqlServer => "UPDATE fact.FACT_VENDAS SET custo_total = custo_total + 0.01 WHERE venda_original_id = 7",
    };
    let mut dw = stack.dw().await;
    dw.execute(&dw.dialect().translate(cent), &[]).await.unwrap();
    dw.execute(&dw.dialect().translate("ALTER TABLE audit.etl_reject DROP COLUMN resolution"), &[]).await.unwrap();
    drop(dw);
    let report = asked(&stack, &named(&["reconciliation", "drift"])).await;
    let cent = of(&report, "fact_vendas.reconciliation");
    assert_eq!((cent.status, cent.observed, cent.failing_rows), (Status::Failed, Some(1), Some(1)));
    assert_eq!((cent.sample.as_slice(), cent.shown().as_str()), (&["7".to_owned()][..], "0.01"));
    assert!(cent.message.as_ref().unwrap().starts_with("largest difference: cost in 20"), "{cent:?}");
    let drift = of(&report, "warehouse.drift");
    assert_eq!(drift.status, Status::Failed);
    assert!(drift.sample[0].contains("audit.etl_reject lacks the column resolution"), "{drift:?}");
    assert_eq!(of(&report, "source.drift").status, Status::Passed);
}

#[both_engines]
async fn members_and_rejects_are_told(on: On) {
    let stack = Stack::sample(on, 0.02).await;
    stack.change(&format!("UPDATE core.customers SET district = '{}' WHERE customer_id = 5", "d".repeat(80))).await;
    stack.run_any(&only(&["fact_vendas"])).await;
    let report = asked(&stack, &named(&["inferred", "rejects", "volume"])).await;
    assert!(of(&report, "dim_produto.inferred").failing_rows.unwrap() > 5);
    assert_eq!(of(&report, "fact_vendas.volume").status, Status::Skipped);
    stack.run_any(&RunOptions::default()).await;
    let report = asked(&stack, &named(&["inferred", "rejects"])).await;
    assert_eq!(of(&report, "dim_produto.inferred").status, Status::Passed);
    let rejects = of(&report, "dim_cliente.rejects");
    assert_eq!((rejects.status, rejects.sample.as_slice()), (Status::Failed, &["5".to_owned()][..]));
}

#[both_engines]
async fn behind_a_run_only_what_it_changed_is_checked_and_not_each_time(on: On) {
    let stack = Stack::sample(on, 0.02).await;
    let checks = all();
    let first = stack.run(&RunOptions::default()).await;
    let report = after_run(&*stack.engine, &checks, &first, 3_600, 90).await.unwrap().unwrap();
    assert_eq!(bad(&report), Vec::<String>::new());
    let run = first.run_id.unwrap();
    let stored = format!("SELECT COUNT(*) FROM audit.quality_result WHERE run_id = {run}");
    assert_eq!(stack.number(&stored).await, i64::try_from(report.results.len()).unwrap());
    assert!(report.results.iter().all(|result| !["reconciliation", "drift", "freshness"].contains(&result.kind)));

    let nothing = stack.run(&RunOptions::default()).await;
    assert!(after_run(&*stack.engine, &checks, &nothing, 0, 90).await.unwrap().is_none(), "nothing changed");
    stack.wave(time::now() - 300, time::now()).await;
    let wave = stack.run(&RunOptions::default()).await;
    assert!(after_run(&*stack.engine, &checks, &wave, 3_600, 90).await.unwrap().is_none(), "checked within the hour");
    let again = after_run(&*stack.engine, &checks, &wave, 0, 90).await.unwrap().unwrap();
    let entities: Vec<&str> = again.results.iter().map(|result| result.entity).collect();
    assert!(entities.contains(&"fact_vendas") && !entities.contains(&"dim_regiao"), "{entities:?}");
    let dry = stack.run(&RunOptions { dry_run: true, ..RunOptions::default() }).await;
    assert!(after_run(&*stack.engine, &checks, &dry, 0, 90).await.unwrap().is_none(), "a dry run checks nothing");

    // What is too old goes with the next check.
    stack.operate("UPDATE audit.quality_result SET checked_at = 86400").await;
    asked(&stack, &named(&["dim_regiao.key"])).await;
    assert_eq!(stack.number("SELECT COUNT(*) FROM audit.quality_result").await, 1);
}

/// A statement that fails is a broken check, which counts, and does not end the others.
#[both_engines]
async fn a_check_that_cannot_be_asked_is_broken_and_counts(on: On) {
    let stack = Stack::sample(on, 0.02).await;
    stack.run(&RunOptions::default()).await;
    let mut oltp = stack.oltp().await;
    let sql = "ALTER TABLE core.seller_targets_monthly DROP COLUMN period_closed";
    let dropped = oltp.execute(&oltp.dialect().translate(sql), &[]).await;
    drop(oltp);
    dropped.unwrap();
    let text = "[[check]]\nname = \"own\"\nentity = \"fact_metas\"\nkind = \"not_null\"\nside = \"source\"\ncolumns = \"period_closed\"\n\
                rows = \"stored\"\n";
    let rules = dw_audit::rules_file::RulesText { path: "q.toml", text };
    let checks = declare::declared(Some(rules)).unwrap();
    let checks = choose(checks, &["fact_metas".to_owned()], &["not_null".to_owned()]).unwrap();
    let report = asked(&stack, &checks).await;
    let own = of(&report, "own");
    assert_eq!((own.status, report.exit_code()), (Status::Broken, 20));
    assert!(own.message.as_ref().unwrap().starts_with("DW-E0"), "{own:?}");
    assert_eq!(of(&report, "fact_metas.key").status, Status::Passed);
}
