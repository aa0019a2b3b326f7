//! From `main` to a command and back to an exit code: arguments, settings, log, runtime, error.

use std::ffi::OsString;
use std::future::Future;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use dw_core::config::{OutputFormat, Overrides, Settings, load};
use dw_core::error::{DwError, DwResult};
use dw_core::{exit, sql_text, telemetry};

use crate::args::GlobalArgs;
use crate::output::Console;

/// What a command gets.
#[derive(Debug)]
pub struct Context {
    /// The effective settings.
    pub settings: Settings,
    /// Where results go.
    pub console: Console,
    /// How many `v` were typed.
    pub verbosity: u8,
}

/// A binary: its command line and what it does.
pub trait Binary: Parser {
    /// The flags that every binary has.
    fn globals(&self) -> &GlobalArgs;

    /// What the command line says about settings.
    fn overrides(&self) -> Overrides;

    /// Runs the command and returns its exit code.
    fn execute(self, context: &Context) -> impl Future<Output = DwResult<u8>>;
}

/// The whole life of a process.
pub fn start<B: Binary>() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let wants_json = asks_for_json(&arguments);
    ExitCode::from(match B::try_parse_from(&arguments) {
        Ok(binary) => serve(binary, wants_json),
        Err(error) => refuse(&error, wants_json),
    })
}

fn serve<B: Binary>(binary: B, wants_json: bool) -> u8 {
    let settings = match load(&binary.overrides()) {
        Ok(settings) => settings,
        Err(error) => {
            // Without settings the form of the output is known from the command line alone.
            let format = if wants_json { OutputFormat::Json } else { OutputFormat::Text };
            return Console::standard(format).fail(&error);
        }
    };
    let console = Console::standard(settings.output);
    let json = settings.output == OutputFormat::Json;
    let verbosity = binary.globals().verbose;
    telemetry::init_with_writer(verbosity, json, settings.log_filter.as_deref(), console.log_writer());
    if let Some(error) = settings.sql_dir.as_ref().and_then(|folder| sql_text::set_folder(folder.into()).err()) {
        return console.fail(&error);
    }
    let context = Context { settings, console, verbosity };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return context.console.fail(&DwError::Internal(format!("no runtime: {error}"))),
    };
    match runtime.block_on(binary.execute(&context)) {
        Ok(code) => code,
        Err(error) => context.console.fail(&error),
    }
}

/// Help and version are data; everything else that clap reports is a usage error in clap's own words.
fn refuse(error: &clap::Error, wants_json: bool) -> u8 {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // A reader that closes the pipe has seen enough.
            let _closed_pipe = error.print();
            exit::OK
        }
        _ if wants_json => Console::standard(OutputFormat::Json).fail(&in_our_words(error)),
        _ => {
            let _closed_pipe = error.print();
            exit::USAGE
        }
    }
}

/// The first paragraph of clap's message as one line; the rest is usage, which a program does not read.
pub(crate) fn in_our_words(error: &clap::Error) -> DwError {
    let text = error.to_string();
    let paragraph = text.split("\n\n").next().unwrap_or_default();
    let message: Vec<&str> = paragraph.trim_start_matches("error: ").split_whitespace().collect();
    DwError::usage(message.join(" "), "`--help` shows what can be typed")
}

/// True for `--output json` and `--output=json`, before the command line has been understood.
fn asks_for_json(arguments: &[OsString]) -> bool {
    let is = |argument: Option<&OsString>, text: &str| argument.is_some_and(|argument| argument == text);
    (0..arguments.len()).any(|at| {
        is(arguments.get(at), "--output=json") || is(arguments.get(at), "--output") && is(arguments.get(at + 1), "json")
    })
}
