//! The `etl` command. Everything is in [`dw_bin::etl`].

use std::process::ExitCode;

fn main() -> ExitCode {
    dw_bin::etl::main()
}
