//! Finds out whether there is a Chromium, so that tests in a browser are ignored by name without one (ruling 34).

use std::path::PathBuf;

fn main() {
    println!("cargo::rustc-check-cfg=cfg(dw_chromium)");
    println!("cargo::rerun-if-env-changed=DW_TEST_CHROMIUM");
    println!("cargo::rerun-if-env-changed=PATH");
    println!("cargo::rerun-if-changed=build.rs");
    let named = std::env::var_os("DW_TEST_CHROMIUM").filter(|name| !name.is_empty()).map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut known = std::env::split_paths(&path)
        .flat_map(|folder| ["chromium", "chromium-browser", "google-chrome"].map(|name| folder.join(name)));
    if let Some(found) = named.or_else(|| known.find(|file| file.is_file())) {
        println!("cargo::rustc-cfg=dw_chromium");
        println!("cargo::rustc-env=DW_CHROMIUM={}", found.display());
    }
}
