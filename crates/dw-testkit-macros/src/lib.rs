//! Attributes of tests. A test of both engines is written once and is there twice, by name:
//!
//! ```ignore
//! #[both_engines]
//! async fn a_second_run_writes_nothing(on: On) { .. }
//! // a_second_run_writes_nothing::embedded
//! // a_second_run_writes_nothing::sql_server, which is ignored by name without DW_TEST_SQLSERVER
//! ```
//!
//! `(olist)` behind an attribute says that the test needs the Olist data set too.
//! Not here: engines and databases of tests, which are in `dw-testkit`.

use proc_macro::{TokenStream, TokenTree};

const NO_SERVER: &str = "#[ignore = \"needs DW_TEST_SQLSERVER\"]";
const NO_OLIST: &str = "#[ignore = \"needs the Olist folder; set DW_TEST_OLIST\"]";
const TEST: &str = "#[tokio::test(flavor = \"multi_thread\", worker_threads = 2)]";

/// A test of both engines: an async function whose only parameter is a `dw_testkit::On`.
#[proc_macro_attribute]
pub fn both_engines(needs: TokenStream, item: TokenStream) -> TokenStream {
    let Some(name) = name_of(&item) else { return error("#[both_engines] stands before a function") };
    let tests = format!(
        "mod {name} {{ \
         {TEST} {} async fn embedded() {{ super::{name}(::dw_testkit::On::Embedded).await; }} \
         {TEST} {} async fn sql_server() {{ super::{name}(::dw_testkit::On::SqlServer).await; }} \
         }}",
        ignored(&needs, false),
        ignored(&needs, true)
    );
    joined(&tests, item)
}

/// A test that needs the test server: an async function without parameters.
#[proc_macro_attribute]
pub fn on_sql_server(needs: TokenStream, item: TokenStream) -> TokenStream {
    joined(&format!("{TEST} {}", ignored(&needs, true)), item)
}

/// A test of the Olist data set that needs no server: an async function without parameters.
#[proc_macro_attribute]
pub fn with_olist(_: TokenStream, item: TokenStream) -> TokenStream {
    joined(&format!("{TEST} {}", if cfg!(dw_olist) { "" } else { NO_OLIST }), item)
}

/// The folder of the Olist data set; empty where there is none, and then no test asks.
#[proc_macro]
pub fn olist_folder(_: TokenStream) -> TokenStream {
    parsed(&format!("::std::path::PathBuf::from({:?})", option_env!("DW_OLIST_FOLDER").unwrap_or("")))
}

/// The attribute of a test that cannot run here.
fn ignored(needs: &TokenStream, server: bool) -> &'static str {
    if server && !cfg!(dw_sqlserver) {
        NO_SERVER
    } else if needs.to_string() == "olist" && !cfg!(dw_olist) {
        NO_OLIST
    } else {
        ""
    }
}

/// The name of a function.
fn name_of(item: &TokenStream) -> Option<String> {
    let is_fn = |tree: &TokenTree| matches!(tree, TokenTree::Ident(word) if word.to_string() == "fn");
    let name = item.clone().into_iter().skip_while(|tree| !is_fn(tree)).nth(1)?;
    matches!(name, TokenTree::Ident(_)).then(|| name.to_string())
}

fn joined(text: &str, item: TokenStream) -> TokenStream {
    let mut all = parsed(text);
    all.extend(item);
    all
}

fn parsed(text: &str) -> TokenStream {
    text.parse().unwrap_or_else(|_| error("an attribute of a test wrote what is no Rust"))
}

fn error(message: &str) -> TokenStream {
    format!("::core::compile_error!({message:?});").parse().unwrap_or_default()
}
