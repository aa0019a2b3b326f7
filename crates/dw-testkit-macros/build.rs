//! Finds out what the tests can use, so that a test that cannot run is ignored by name (ruling 34): a SQL Server, which
//! `DW_TEST_SQLSERVER` names, and the folder of the Olist data set. It belongs to the crate of the attributes and to no other,
//! so that setting a variable builds the tests anew and nothing that is shipped.

use std::path::PathBuf;

fn main() {
    println!("cargo::rustc-check-cfg=cfg(dw_sqlserver)");
    println!("cargo::rustc-check-cfg=cfg(dw_olist)");
    println!("cargo::rerun-if-env-changed=DW_TEST_SQLSERVER");
    println!("cargo::rerun-if-env-changed=DW_TEST_OLIST");
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("DW_TEST_SQLSERVER").is_some_and(|text| !text.is_empty()) {
        println!("cargo::rustc-cfg=dw_sqlserver");
    }
    let default = || {
        let root = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
        root.join("../../../shared/data/olist")
    };
    let folder = std::env::var_os("DW_TEST_OLIST").map_or_else(default, PathBuf::from);
    let file = folder.join("olist_orders_dataset.csv");
    if file.is_file() {
        // Not when it is absent: cargo would then build this crate anew every time. A folder that comes later is seen when
        // DW_TEST_OLIST names it.
        println!("cargo::rerun-if-changed={}", file.display());
        println!("cargo::rustc-cfg=dw_olist");
        println!("cargo::rustc-env=DW_OLIST_FOLDER={}", folder.display());
    }
}
