# Commands of daily work. `just` lists them; https://just.systems

set positional-arguments

_default:
    @just --list --unsorted

# Format, lint, test: before every commit
dev: fmt lint test

# Format the code
fmt:
    cargo fmt

# Lints of all targets, as strict as in CI
lint:
    cargo clippy --workspace --all-targets -- -D warnings

# All tests, or those whose name contains FILTER
test *FILTER:
    cargo test --workspace "$@"

# Review changed snapshots (cargo install cargo-insta)
review:
    cargo insta test --workspace --review

# Write the parts of docs/contract.md that are made from the catalog
update-docs:
    DW_TEST_UPDATE_DOCS=1 cargo test -p dw-core --test docs

# Benchmarks of the ETL
bench:
    cargo bench -p dw-etl

# The whole job at a scale: first load, nothing to do, 1 % changed
measure SCALE="1":
    cargo run --release -p dw-etl --example measure -- "$1"

# Speed of a backup of 1 GB against cp, in a folder with room for three
measure-backup FOLDER:
    cargo run --release -p dw-backup --example measure -- "$1"

# etl with arguments: just run plan
run *ARGS:
    cargo run --release --bin etl -- "$@"

# init with arguments: just init wave --count 3
init *ARGS:
    cargo run --release --bin init -- "$@"

# The whole stack without containers, until Ctrl-C; settings, data, backups and logs are in dw-stack
stack:
    cargo build --release --bins -p dw-bin
    scripts/stack_local.sh

# API documentation, warnings as errors
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# Everything that CI runs
ci:
    .ci/run
