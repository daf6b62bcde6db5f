//! Automation of this repository: `cargo xtask <command>`.

mod bench;
mod clients;
mod ladder;
mod sim;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Automation of the Highwater repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs everything that must pass, stage by stage: format, lints, ladder, tidy,
    /// Rust tests, simulation, release build, real clients.
    Test(test::TestArguments),
    /// Checks the edges between crates, and that nothing below the line uses tokio.
    Ladder,
    /// Checks file lengths, forbidden words, paths and links.
    Tidy,
    /// Runs the simulation, each seed in a process of its own.
    Sim(sim::SimArguments),
    /// Measures the release binary and prints what it found.
    Bench(bench::BenchArguments),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Test(arguments) => test::run(&arguments),
        Command::Ladder => ladder::run(),
        Command::Tidy => tidy::run(),
        Command::Sim(arguments) => sim::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
