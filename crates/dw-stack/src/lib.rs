//! What the tests of the stack share: where its files are. The stack itself is in `docker/` and `scripts/`.
//!
//! Not here: anything that a program uses. The crate has no dependency, so that its tests compile in seconds.

use std::path::{Path, PathBuf};

/// The binaries of the stack that this checkout has, in the order in which they start. `scripts/stack_local.sh` starts
/// what is there of them; a new binary is added here, to `docker/services.yml` and to the Dockerfile.
pub const BINARIES: &[&str] = &["init", "etl", "monitor", "vendas", "backup"];

/// The top folder of the checkout.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
