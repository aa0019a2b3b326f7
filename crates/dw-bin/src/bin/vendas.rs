//! The `vendas` command. Everything is in [`dw_bin::vendas`].

use std::process::ExitCode;

fn main() -> ExitCode {
    dw_bin::vendas::main()
}
