//! What holds of every view: exact types, a total order for export, one file a view, names that exist once.

use std::collections::BTreeSet;
use std::path::Path;

use dw_core::catalog::views::VIEWS;

use crate::fixture::Dw;

#[tokio::test]
async fn no_column_ever_yields_another_storage_class_than_its_type() {
    let mut dw = Dw::new().await;
    crate::facts::discounts(&mut dw).await;
    crate::dashboards::events(&mut dw, 3).await;
    for view in VIEWS {
        let from = format!("{}.{}", view.schema, view.name);
        assert!(dw.number(&format!("SELECT COUNT(*) FROM {from}")).await > 0, "the fixture has no row for {from}");
        for (column, ty) in view.columns {
            let class = if ty.is_text() { "text" } else { "integer" };
            let classes = dw.rows(&format!("SELECT DISTINCT typeof({column}) FROM {from}")).await;
            let other: Vec<&String> = classes.iter().filter(|found| *found != class && *found != "null").collect();
            assert!(other.is_empty(), "{from}.{column} {ty} yields {other:?}");
        }
    }
}

#[tokio::test]
async fn every_value_fits_its_type_and_the_order_of_export_is_total() {
    let mut dw = Dw::new().await;
    crate::facts::discounts(&mut dw).await;
    for view in VIEWS {
        let from = format!("{}.{}", view.schema, view.name);
        for (column, ty) in view.columns {
            if let Some(max) = ty.max_scaled() {
                let above = dw.number(&format!("SELECT COUNT(*) FROM {from} WHERE ABS({column}) > {max}")).await;
                assert_eq!(above, 0, "{from}.{column} {ty}");
            }
        }
        let keys = view.order.join(", ");
        let twice = dw.rows(&format!("SELECT {keys} FROM {from} GROUP BY {keys} HAVING COUNT(*) > 1")).await;
        assert!(twice.is_empty(), "{from} ordered by {keys}: {twice:?}");
        for key in view.order {
            assert!(view.columns.iter().any(|(column, _)| column == key), "{from} has no {key}");
        }
    }
}

#[test]
fn one_file_a_view_with_a_header_and_nothing_that_only_one_engine_parses() {
    let views: BTreeSet<String> = VIEWS.iter().map(|view| format!("{}.{}.sql", view.schema, view.name)).collect();
    for folder in ["../../sql/embedded/views", "../../sql/dw/views"] {
        let files: BTreeSet<String> = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".sql"))
            .collect();
        assert_eq!(files, views, "{folder}");
    }
    for view in VIEWS {
        let name = format!("{}.{}", view.schema, view.name);
        for text in [view.sql, view.tsql] {
            assert!(text.starts_with("-- Purpose: "), "{name} has no header");
            assert!(text.contains(&format!("CREATE VIEW {name} AS\n")), "{name}");
        }
        for word in ["SELECT *", "LIMIT ", "||", "AS TEXT", "ROUND(", "AVG(", " REAL"] {
            assert!(!view.sql.contains(word), "{name} has {word}");
        }
    }
}
