//! The `init` command. Everything is in [`dw_bin::init`].

use std::process::ExitCode;

fn main() -> ExitCode {
    dw_bin::init::main()
}
