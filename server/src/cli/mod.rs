//! The command line: `slipway serve`, and everything that scripts do with a running server or with its store.
//!
//! Exit codes: 0 is yes, 1 is a well-founded no (a gate failed, the audit log does not verify), 2 is wrong usage or a failure.

mod check;
mod data;
mod form;
mod local;
mod predict;
mod push;
mod remote;
mod rollout;
mod say;
mod serve;
mod trial;

use crate::config::Settings;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// What a command came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Yes,
    No,
}

/// Take an ONNX file from the lab to production, and never let it be silently wrong afterwards.
#[derive(Parser)]
#[command(name = "slipway", version)]
struct Cli {
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    server: remote::Reach,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server
    Serve(Box<Settings>),
    /// Register a version
    Push(push::Push),
    /// Run the gates of a version; exits with 1 unless all that are needed have passed
    Check(check::Check),
    /// Start, watch and drive a rollout
    #[command(subcommand)]
    Rollout(rollout::Rollout),
    /// Go back to the version before, or to a named one
    Rollback(rollout::Rollback),
    /// Answer the records of a JSON file (- for standard input)
    Predict(predict::Predict),
    /// Data files
    #[command(subcommand)]
    Data(data::Data),
    /// The audit log, read from the store
    #[command(subcommand)]
    Audit(local::Audit),
    /// People, in the store
    #[command(subcommand)]
    User(local::User),
    /// Tokens of programs, in the store
    #[command(subcommand)]
    Token(local::Token),
    /// What the server runs to try an ONNX file (on standard input) in a process of its own
    #[command(hide = true)]
    TrialModel(trial::TrialModel),
}

/// Runs the command that the arguments name.
pub fn main() -> ExitCode {
    let Cli { json, server, command } = Cli::parse();
    let say = say::Say { json };
    let done = match command {
        Command::Serve(settings) => serve::run(*settings),
        Command::Push(push) => push.run(&server, &say),
        Command::Check(check) => check.run(&server, &say),
        Command::Rollout(rollout) => rollout.run(&server, &say),
        Command::Rollback(rollback) => rollback.run(&server, &say),
        Command::Predict(predict) => predict.run(&server, &say),
        Command::Data(data) => data.run(&say),
        Command::Audit(audit) => audit.run(&say),
        Command::User(user) => user.run(&say),
        Command::Token(token) => token.run(&say),
        Command::TrialModel(trial) => trial.run(),
    };
    match done {
        Ok(Verdict::Yes) => ExitCode::SUCCESS,
        Ok(Verdict::No) => ExitCode::from(1),
        Err(error) => {
            say.failed(&error);
            ExitCode::from(2)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn commands_read_as_they_are_documented() {
        for line in [
            "slipway serve --addr 127.0.0.1:0 --demo",
            "slipway push churn v3.onnx --reference reference.csv --heldback heldback.csv --label churn --positive yes --segment plan",
            "slipway check churn 3 --json",
            "slipway rollout start churn 3 --reason better",
            "slipway rollout status churn",
            "slipway rollout abort churn --reason worse",
            "slipway rollback churn --to 2 --reason worse",
            "slipway predict churn -",
            "slipway data compare reference.csv a.csv b.parquet --period hour --timestamp at --json --labels late.csv --id row",
            "slipway data profile live.parquet",
            "slipway data check live.csv --contract churn.json --json",
            "slipway audit verify --database-url sqlite:x.db",
            "slipway user add --email a@b.example --name A --role engineer --password secret",
            "slipway user demo --json",
            "slipway trial-model /lib/libonnxruntime.so",
            "slipway token create --user a@b.example --name ci",
        ] {
            assert!(Cli::try_parse_from(line.split(' ')).is_ok(), "{line}");
        }
        assert_eq!(Cli::try_parse_from(["slipway", "sail"]).map(|_| ()).unwrap_err().exit_code(), 2);
    }
}
