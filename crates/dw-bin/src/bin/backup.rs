//! The `backup` command. Everything is in [`dw_bin::backup`].

use std::process::ExitCode;

fn main() -> ExitCode {
    dw_bin::backup::main()
}
