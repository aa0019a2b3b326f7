//! `export` writes every table and view of the contract as a reader expects it, or nothing.
#![expect(clippy::unwrap_used, reason = "the helpers of these tests are no tests themselves")]

mod common;

use std::path::Path;

use common::Stack;
use dw_core::exit;
use dw_etl::export::{self, ExportedFile, Format};
use dw_etl::options::RunOptions;
use dw_testkit::{On, both_engines};

async fn write(stack: &Stack, names: &[String], format: Format, folder: &Path) -> Vec<ExportedFile> {
    export::export(&*stack.engine, names, format, folder, &mut |_, _| {}).await.unwrap()
}

fn names(all: &[&str]) -> Vec<String> {
    all.iter().map(|name| (*name).to_owned()).collect()
}

/// The names in a folder, hidden ones among them.
fn listing(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[both_engines]
async fn every_table_and_view_in_both_forms(on: On) {
    let stack = Stack::sample(on, 0.01).await;
    stack.run(&RunOptions::default()).await;
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("deep/out");
    let all: Vec<String> = export::all().iter().map(export::Exportable::full_name).collect();
    let csv_files = write(&stack, &all, Format::Csv, &folder).await;
    let json_files = write(&stack, &all, Format::Json, &folder).await;
    assert_eq!(csv_files.len(), all.len());
    for (csv_file, json_file) in csv_files.iter().zip(&json_files) {
        let mut reader = csv::Reader::from_path(&csv_file.path).unwrap();
        let header = reader.headers().unwrap().clone();
        let records: Vec<csv::StringRecord> = reader.records().map(|record| record.unwrap()).collect();
        let json: serde_json::Value = serde_json::from_slice(&std::fs::read(&json_file.path).unwrap()).unwrap();
        let objects = json.as_array().unwrap();
        let rows = usize::try_from(csv_file.rows).unwrap();
        assert_eq!((records.len(), objects.len()), (rows, rows), "{}", csv_file.name);
        if let Some(object) = objects.first() {
            let keys: Vec<&String> = object.as_object().unwrap().keys().collect();
            assert_eq!(keys, header.iter().collect::<Vec<_>>(), "{}", csv_file.name);
        }
    }
    assert!(listing(&folder).iter().all(|name| !name.starts_with('.')));
    let again = write(&stack, &all, Format::Csv, &scratch.path().join("again")).await;
    for (one, other) in csv_files.iter().zip(&again) {
        // What depends on the clock is the day, which is the same for both.
        assert_eq!(std::fs::read(&one.path).unwrap(), std::fs::read(&other.path).unwrap(), "{}", one.name);
    }
}

#[both_engines]
async fn values_are_exact_ordered_and_in_the_forms_of_the_contract(on: On) {
    let stack = Stack::sample(on, 0.05).await;
    stack.change("UPDATE core.customers SET district = '', phone = NULL, address_line = 'Rua \"A\", 5' WHERE customer_id = 1").await;
    stack.run(&RunOptions::default()).await;
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("out");
    let wanted = names(&["FACT_VENDAS", "fact.fact_vendas", "core.customers", "dim.DIM_DATA"]);
    let files = write(&stack, &wanted, Format::Csv, &folder).await;
    assert_eq!(
        files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(),
        ["fact.FACT_VENDAS", "core.customers", "dim.DIM_DATA"]
    );
    assert_eq!(listing(&folder), ["core.customers.csv", "dim.DIM_DATA.csv", "fact.FACT_VENDAS.csv"]);

    let text = std::fs::read_to_string(&files[0].path).unwrap();
    let header = text.lines().next().unwrap();
    assert!(
        header.starts_with("venda_id,venda_original_id,data_id,")
            && header.ends_with(",status_pedido,excluido_em,linha_hash")
    );
    assert!(!text.contains('\r') && text.ends_with('\n'));
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let at = header.split(',').position(|column| column == "valor_total_liquido").unwrap();
    let (mut cents, mut last) = (0_i64, i64::MIN);
    for record in reader.records() {
        let record = record.unwrap();
        let (whole, fraction) = record[at].split_once('.').unwrap();
        assert_eq!(fraction.len(), 2);
        cents += whole.parse::<i64>().unwrap() * 100 + fraction.parse::<i64>().unwrap();
        let id: i64 = record[0].parse().unwrap();
        assert!(id > last);
        last = id;
    }
    assert_eq!(cents, stack.number("SELECT SUM(valor_total_liquido) FROM fact.FACT_VENDAS").await);

    let customers = std::fs::read_to_string(&files[1].path).unwrap();
    let first = customers.lines().nth(1).unwrap();
    assert!(first.contains(",\"Rua \"\"A\"\", 5\",\"\","), "{first}");
    let phone = customers.lines().next().unwrap().split(',').position(|column| column == "phone").unwrap();
    assert_eq!(first.split(',').nth(phone), Some(""), "NULL has no quotes: {first}");
    let stamp = first.split(',').find(|field| field.contains('T') && field.contains(':')).unwrap();
    assert_eq!(stamp.len(), "2026-01-31T10:00:00".len());

    let json = write(&stack, &names(&["core.customers"]), Format::Json, &folder).await;
    let text = std::fs::read_to_string(&json[0].path).unwrap();
    let parsed: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&parsed[0]["district"], &parsed[0]["phone"]), (&"".into(), &serde_json::Value::Null));
    assert!(parsed[0]["is_active"].is_boolean());
    assert_eq!(text.lines().count() as u64, json[0].rows + 2);
}

#[both_engines]
async fn a_failed_export_leaves_no_half_file(on: On) {
    let stack = Stack::sample(on, 0.01).await;
    stack.run(&RunOptions::default()).await;
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("out");
    let fail = async |names: &[String]| {
        export::export(&*stack.engine, names, Format::Csv, &folder, &mut |_, _| {}).await.unwrap_err()
    };
    let unknown = fail(&names(&["dim.DIM_CLIENTE", "dim.DIM_CLIENTES"])).await;
    assert_eq!((unknown.exit_code(), folder.exists()), (exit::USAGE, false));
    assert_eq!(unknown.hint(), "did you mean `dim.DIM_CLIENTE`?");

    // A folder stands where the file is to stand: the rename fails.
    std::fs::create_dir_all(folder.join("dim.DIM_REGIAO.csv/x")).unwrap();
    let refused = fail(&names(&["dim.DIM_EQUIPE", "dim.DIM_REGIAO"])).await;
    assert_eq!(refused.code(), "DW-E0040");
    assert_eq!(listing(&folder), ["dim.DIM_EQUIPE.csv", "dim.DIM_REGIAO.csv"]);
    assert!(std::fs::read_dir(folder.join("dim.DIM_REGIAO.csv")).unwrap().count() == 1);

    // An older export stays when a new one breaks: the table is gone half-way.
    let before = std::fs::read(folder.join("dim.DIM_EQUIPE.csv")).unwrap();
    stack.number("DROP VIEW dim.VW_FILTROS_R1").await;
    let missing = fail(&names(&["dim.VW_FILTROS_R1"])).await;
    assert_eq!(missing.exit_code(), exit::SCHEMA_MISMATCH);
    assert_eq!(listing(&folder), ["dim.DIM_EQUIPE.csv", "dim.DIM_REGIAO.csv"]);
    assert_eq!(std::fs::read(folder.join("dim.DIM_EQUIPE.csv")).unwrap(), before);
}
