//! Tells the tests whether the folder of the Olist data set is there, so that the tests that need it are ignored by name
//! where it is not (ruling 34). The same as that of `dw-sample`.

use std::path::PathBuf;

fn main() {
    println!("cargo::rustc-check-cfg=cfg(dw_olist)");
    println!("cargo::rerun-if-env-changed=DW_TEST_OLIST");
    println!("cargo::rerun-if-changed=build.rs");
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
