//! Tests of the command line of `init`: help and messages.

use clap::{CommandFactory, Parser};
use dw_core::exit;

use super::args::{InitCli, InitCommand};
use super::{base, mode, wave};
use crate::app::in_our_words;
use crate::output::Failure;

fn help(arguments: &[&str]) -> String {
    let command = InitCli::command().term_width(100);
    command.try_get_matches_from(arguments).unwrap_err().to_string()
}

fn check(arguments: &[&str]) -> dw_core::error::DwResult<()> {
    let cli = InitCli::try_parse_from(["init"].iter().chain(arguments)).map_err(|error| in_our_words(&error))?;
    match &cli.command {
        None => {
            mode::check(&cli.mode, &cli.fill)?;
            base::check(&cli.fill)?;
        }
        Some(command) => {
            mode::refuse(&cli.mode)?;
            base::refuse(&cli.fill)?;
            if let InitCommand::Wave(args) = command {
                wave::check(args)?;
            }
        }
    }
    Ok(())
}

#[test]
fn the_command_line_is_consistent() {
    InitCli::command().debug_assert();
}

#[test]
fn help_of_init() {
    insta::assert_snapshot!(help(&["init", "--help"]));
}

#[test]
fn help_of_the_other_commands() {
    let commands = ["wave", "olist", "config"];
    let text: String =
        commands.iter().map(|name| format!("$ init {name} --help\n{}\n", help(&["init", name, "--help"]))).collect();
    insta::assert_snapshot!(text);
}

#[test]
fn every_wrong_command_line_has_one_message() {
    let lines = [
        "--seed 3",
        "--replace",
        "--scale 0",
        "--scale -1",
        "--scale NaN",
        "--scale big",
        "--scale 1 --seed -1",
        "--scale 1 --first-id 2",
        "--scale 1 --as-of today",
        "--scale 1 --as-of 9000-01-01",
        "--scale 1 wave",
        "--as-of 2026-01-01 olist x",
        "--plan --check",
        "--check --repair dw/views --plan",
        "--repair",
        "--plan --scale 1",
        "--check --replace",
        "--check --rotate-logins",
        "--repair dw/views --rotate-logins",
        "--plan wave",
        "--rotate-logins olist x",
        "wave --count 0",
        "wave --count 5000",
        "wave --as-of 9000-01-01",
        "wave --every 0s",
        "wave --every 5m --as-of 2026-01-01",
        "olist",
    ];
    let mut report = String::new();
    for line in lines {
        let error = check(&line.split(' ').collect::<Vec<_>>()).unwrap_err();
        assert_eq!(error.exit_code(), exit::USAGE, "{line}");
        report += &format!("$ init {line}\n{}\n", Failure::from(&error).text(false));
    }
    insta::assert_snapshot!(report);
}

#[test]
fn the_right_command_lines_pass() {
    for line in [
        "--scale 0.01",
        "--scale 100 --seed 7 --first-id 0 --as-of 2026-01-01",
        "wave --count 3 --seed 1",
        "wave --every 10m",
        "config",
    ] {
        check(&line.split(' ').collect::<Vec<_>>()).unwrap();
    }
    for line in ["--plan", "--plan --rotate-logins", "--check", "--repair dw/views", "--rotate-logins --scale 1"] {
        check(&line.split(' ').collect::<Vec<_>>()).unwrap();
    }
    check(&[]).unwrap();
}
