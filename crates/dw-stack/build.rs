//! Says at compile time which tools are there, so that a test that needs an absent one is ignored by name.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=PATH");
    for (tool, cfg) in [
        ("docker-compose", "has_compose"),
        ("hadolint", "has_hadolint"),
        ("openssl", "has_openssl"),
        ("shellcheck", "has_shellcheck"),
    ] {
        println!("cargo::rustc-check-cfg=cfg({cfg})");
        let argument = if tool == "openssl" { "version" } else { "--version" };
        if Command::new(tool).arg(argument).output().is_ok_and(|output| output.status.success()) {
            println!("cargo::rustc-cfg={cfg}");
        }
    }
}
