//! The `highwater` binary: a node, and a small client to try it.
//!
//! Entry points: [`cli`] is the command line; `settings` turns properties,
//! environment and arguments into a node's configuration; `node` composes
//! controller and broker over the real ports; `dev` does so without any
//! configuration; `commands` and `client` are the client.

mod cli;
mod client;
mod commands;
mod controller_host;
mod dev;
mod format;
mod metadata_home;
mod node;
mod output;
mod process;
mod settings;
mod signals;
mod telemetry;

use std::process::ExitCode;

use clap::Parser;

use cli::{Arguments, Command};

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if output::is_closed(&error) => ExitCode::SUCCESS,
        Err(error) => {
            for line in format!("{error:#}").lines() {
                eprintln!("error: {line}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Server(arguments) => commands::server::run(&arguments),
        Command::Format(arguments) => commands::server::format(&arguments),
        Command::Dev(arguments) => dev::run(&arguments),
        Command::Topic(command) => one_thread()?.block_on(commands::topic::run(command)),
        Command::Produce(arguments) => one_thread()?.block_on(commands::produce::run(arguments)),
        Command::Consume(arguments) => one_thread()?.block_on(commands::consume::run(arguments)),
    }
}

/// A client has little to do.
fn one_thread() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}
