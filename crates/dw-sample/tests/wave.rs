//! Waves of change: what they must contain, that they can be repeated, that time never goes back.

#![allow(clippy::unwrap_used, clippy::panic, reason = "clippy.toml exempts test functions, not their helpers")]

#[allow(dead_code)]
mod support;

use std::collections::HashMap;

use dw_core::error::DwError;
use dw_core::time::{Seconds, parse_timestamp};
use dw_core::value::Value;
use dw_sample::base::{Base, BaseOptions};
use dw_sample::wave::{self, WaveOptions, WaveReport};
use dw_testkit::{On, both_engines};
use support::Source;

fn base_at() -> Seconds {
    parse_timestamp("2026-11-23T15:00:00").unwrap()
}

fn base(scale: f64) -> BaseOptions {
    BaseOptions { scale, ..BaseOptions::at(base_at()) }
}

fn options(as_of: Seconds) -> WaveOptions {
    WaveOptions { count: 1, as_of, now: as_of + 300, seed: 0 }
}

async fn run(source: &mut Source, options: WaveOptions) -> Vec<WaveReport> {
    wave::run(&mut *source.session, options).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_wave_on_the_full_sample_has_the_volumes_of_the_contract() {
    let mut source = Source::filled(On::Embedded, base(1.0)).await;
    let as_of = base_at() + 60;
    let report = run(&mut source, options(as_of)).await.remove(0);
    let late = report.late_customer.unwrap();
    assert_eq!(
        report,
        WaveReport {
            code: "INC001".to_owned(),
            as_of,
            customers_added: 300,
            products_added: 120,
            orders_added: 2_200,
            items_added: 4_400,
            discounts_added: 1_100,
            orders_advanced: 2_500,
            orders_cancelled: 1,
            orders_deleted: 1,
            items_deleted: 1,
            prices_raised: 600,
            customers_upgraded: 900,
            customers_moved: 1,
            customers_deleted: 40,
            products_deleted: 30,
            suppliers_renamed: 1,
            teams_renamed: 1,
            sellers_renamed: 1,
            sellers_moved: 1,
            targets_added: 0,
            targets_updated: 293,
            campaigns_recomputed: 40,
            late_customer: Some(late),
            notes: vec![],
        }
    );
    // The mix of the contract after both scripts, but for the one order that the wave cancels.
    let sql = format!("SELECT order_id FROM core.orders WHERE order_status = 'Cancelado' AND updated_at = {as_of}");
    let cancelled = source.int(&sql).await;
    let was = Base::new(base(1.0)).unwrap().order(cancelled).status;
    let mix: HashMap<String, i64> = source
        .query("SELECT order_status, COUNT(*) FROM core.orders GROUP BY order_status")
        .await
        .rows()
        .map(|row| (row[0].text().unwrap().unwrap().to_owned(), row[1].int().unwrap().unwrap()))
        .collect();
    for (status, count) in [
        ("Entregue", 39_078),
        ("Faturado", 17_448),
        ("Pago", 13_155),
        ("Enviado", 8_119),
        ("Pendente", 8_100),
        ("Devolvido", 3_600),
        ("Cancelado", 2_700),
    ] {
        let moved = i64::from(status == "Cancelado") - i64::from(status == was);
        assert_eq!(mix[status], count + moved, "{status}");
    }
    assert_eq!(late.stamped_at, as_of + 300);
    let sql = format!(
        "SELECT COUNT(*) FROM core.orders o JOIN core.customers c ON c.customer_id = o.customer_id \
         WHERE o.order_id = {} AND c.customer_id = {} AND o.updated_at = {as_of} AND c.updated_at = {}",
        late.order_id, late.customer_id, late.stamped_at
    );
    assert_eq!(source.int(&sql).await, 1);
    // Only the 40th multiple of 53 and the 30th active multiple of 41 are the last that go.
    assert_eq!(
        source.int("SELECT COUNT(*) FROM core.customers WHERE deleted_at IS NOT NULL AND customer_id % 53 <> 0").await,
        0
    );
    assert_eq!(
        source.int("SELECT COUNT(*) FROM core.products WHERE deleted_at IS NOT NULL AND product_id % 41 <> 0").await,
        0
    );
    assert_consistent(&mut source, as_of).await;
}

/// What holds after every wave.
async fn assert_consistent(source: &mut Source, as_of: Seconds) {
    source.assert_sound().await;
    for check in [
        "core.customers WHERE deleted_at IS NOT NULL AND (is_active = 1 OR customer_type <> 'Inativo')",
        "core.products WHERE deleted_at IS NOT NULL AND product_status <> 'Inativo'",
        "core.order_items WHERE net_amount <> gross_amount - discount_amount",
        "core.orders WHERE order_status = 'Cancelado' AND (canceled_at IS NULL OR payment_status <> 'Estornado')",
        "core.orders WHERE order_status IN ('Faturado', 'Enviado', 'Entregue') AND approved_at IS NULL",
        "core.orders WHERE order_status IN ('Enviado', 'Entregue') AND shipped_at IS NULL",
        "core.orders WHERE order_status = 'Entregue' AND delivered_at IS NULL",
        "core.orders o WHERE NOT EXISTS (SELECT 1 FROM core.order_items i WHERE i.order_id = o.order_id)",
        "core.order_items i WHERE i.had_discount <> (SELECT COUNT(*) FROM core.order_item_discounts d \
         WHERE d.order_item_id = i.order_item_id AND d.discount_amount = i.discount_amount)",
        "core.discount_campaigns c WHERE c.total_discount_given <> \
         (SELECT COALESCE(SUM(discount_amount), 0) FROM core.order_item_discounts d WHERE d.discount_id = c.discount_id)",
    ] {
        assert_eq!(source.int(&format!("SELECT COUNT(*) FROM {check}")).await, 0, "{check}");
    }
    for table in dw_core::catalog::oltp_tables() {
        let late = if table.name == "customers" {
            "AND NOT (customer_code LIKE 'CUST-INC%' AND created_at = updated_at)"
        } else {
            ""
        };
        let sql = format!(
            "SELECT COUNT(*) FROM {} WHERE (updated_at > {as_of} OR updated_at < created_at) {late}",
            table.full_name()
        );
        assert_eq!(source.int(&sql).await, 0, "{}", table.name);
    }
}

type Stamps = HashMap<(&'static str, Value), (Value, Vec<Value>)>;

fn stamps(dump: Vec<(&'static str, Vec<Vec<Value>>)>) -> Stamps {
    let mut stamps = HashMap::new();
    for (name, rows) in dump {
        let table = dw_core::catalog::find_table(name).unwrap();
        let at = table.columns.iter().position(|column| column.name == "updated_at").unwrap();
        for row in rows {
            stamps.insert((name, row[0].clone()), (row[at].clone(), row));
        }
    }
    stamps
}

#[both_engines]
async fn waves_can_be_repeated_and_every_change_is_stamped_forward(on: On) {
    let cases: &[(f64, i64, u64)] = match on {
        On::Embedded => &[(0.01, 1, 0), (0.05, 0, 9), (0.000_1, 1, 3)],
        On::SqlServer => &[(0.01, 0, 9)],
    };
    for (scale, first_id, seed) in cases.iter().copied() {
        let mut source = Source::filled(on, BaseOptions { seed, first_id, ..base(scale) }).await;
        let mut before = stamps(source.dump().await);
        for number in 1..=12 {
            let as_of = base_at() + number * 600;
            let report = run(&mut source, WaveOptions { seed, ..options(as_of) }).await.remove(0);
            assert_eq!(report.code, format!("INC{number:03}"));
            for (kind, count) in report.counts() {
                let may_be_none =
                    ["discounts_added", "items_deleted", "customers_moved", "targets_added", "targets_updated"];
                assert!(count > 0 || may_be_none.contains(&kind) || scale < 0.01, "{kind} of wave {number} at {scale}");
            }
            assert!(report.targets_added + report.targets_updated > 0);
            assert_consistent(&mut source, as_of).await;
            let after = stamps(source.dump().await);
            for (key, (stamp, row)) in &before {
                let (new_stamp, new_row) = &after[key];
                if row != new_row {
                    assert_eq!(*new_stamp, Value::Int(as_of), "{key:?}");
                    assert!(new_stamp >= stamp, "{key:?}");
                }
            }
            before = after;
        }
    }
}

#[both_engines]
async fn several_waves_in_one_call_have_numbers_of_their_own_and_are_deterministic(on: On) {
    let mut dumps = vec![];
    for _ in 0..2 {
        let mut source = Source::filled(on, base(0.02)).await;
        let reports = run(&mut source, WaveOptions { count: 3, ..options(base_at()) }).await;
        let codes: Vec<_> = reports.iter().map(|report| report.code.as_str()).collect();
        assert_eq!(codes, ["INC001", "INC002", "INC003"]);
        dumps.push(source.dump().await);
    }
    assert_eq!(dumps[0], dumps[1]);
}

#[both_engines]
async fn a_rename_a_move_and_a_new_team_are_seen_in_the_rows(on: On) {
    let mut source = Source::filled(on, base(0.1)).await;
    let before = stamps(source.dump().await);
    run(&mut source, options(base_at() + 60)).await;
    let after = stamps(source.dump().await);
    let changed = |table: &str, column: &str| {
        let at = dw_core::catalog::find_table(table).unwrap().columns.iter().position(|c| c.name == column).unwrap();
        before.iter().filter(|(key, (_, row))| key.0 == table && row[at] != after[*key].1[at]).count()
    };
    assert_eq!(changed("suppliers", "supplier_name"), 1);
    assert_eq!(changed("teams", "team_name"), 1);
    assert_eq!(changed("sellers", "seller_name"), 1);
    assert_eq!(changed("sellers", "team_id"), 1);
    assert_eq!(changed("customers", "city"), 1);
    assert_eq!(changed("products", "list_price"), 60 - 12);
    assert_eq!(changed("orders", "deleted_at"), 1);
    assert_eq!(changed("order_items", "deleted_at"), 1);
    let name = source.query("SELECT seller_name FROM core.sellers WHERE seller_id = 1").await;
    assert_eq!(*name.get(0, 0), Value::from("Vendedor 1 - INC001"));
}

#[both_engines]
async fn without_time_behind_as_of_the_late_customer_is_stamped_with_it(on: On) {
    let mut source = Source::filled(on, base(0.01)).await;
    let as_of = base_at();
    let report = run(&mut source, WaveOptions { now: as_of, ..options(as_of) }).await.remove(0);
    assert_eq!(report.late_customer.unwrap().stamped_at, as_of);
    assert!(report.notes.iter().any(|note| note.contains("late customer")), "{:?}", report.notes);
}

#[both_engines]
async fn an_empty_source_and_a_time_before_it_are_clear_errors(on: On) {
    let mut source = Source::empty(on).await;
    let error = wave::run(&mut *source.session, options(base_at())).await.unwrap_err();
    assert_eq!(error.to_string(), "the source has no customers that a wave could change");
    assert!(error.hint().contains("init --scale 1"));

    let mut source = Source::filled(on, base(0.01)).await;
    let before = source.dump().await;
    let error = wave::run(&mut *source.session, options(0)).await.unwrap_err();
    assert!(matches!(error, DwError::Usage { .. }));
    assert_eq!(error.to_string(), "the source has no order as old as 1970-01-01T00:00:00");
    assert_eq!(source.dump().await, before);
}

#[both_engines]
async fn a_number_that_was_used_is_not_used_again_after_deletions(on: On) {
    let mut source = Source::filled(on, base(0.01)).await;
    run(&mut source, WaveOptions { count: 2, ..options(base_at()) }).await;
    for table in ["order_item_discounts", "order_items", "orders"] {
        source.query(&format!("DELETE FROM core.{table} WHERE order_id > 900")).await;
    }
    assert_eq!(run(&mut source, options(base_at())).await[0].code, "INC003");
}
