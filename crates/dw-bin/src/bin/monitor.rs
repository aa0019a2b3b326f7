//! The `monitor` command. Everything is in [`dw_bin::monitor`].

use std::process::ExitCode;

fn main() -> ExitCode {
    dw_bin::monitor::main()
}
