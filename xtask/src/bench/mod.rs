//! Benchmarks of whole processes. They print and assert nothing: times of shared
//! machines are no tests.

mod startup;

use anyhow::Result;
use clap::{Args, Subcommand};

/// What to measure.
#[derive(Args)]
pub struct BenchArguments {
    #[command(subcommand)]
    benchmark: Benchmark,
}

#[derive(Subcommand)]
enum Benchmark {
    /// Start to `ready` with an empty directory, and the memory of an idle node.
    Startup(startup::StartupArguments),
}

pub fn run(arguments: &BenchArguments) -> Result<()> {
    match &arguments.benchmark {
        Benchmark::Startup(arguments) => startup::run(arguments),
    }
}
