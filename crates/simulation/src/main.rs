//! Runs one seed of the simulation and prints what came of it.

use clap::Parser;
use highwater_simulation::{Mistake, run};

/// One simulated run. Exit code 0: all checks hold; 1: one does not.
#[derive(Parser)]
struct Arguments {
    /// Decides everything that is random in the run.
    #[arg(long)]
    seed: u64,
    /// A mistake to build in on purpose; the run should then fail.
    #[arg(long)]
    mistake: Option<Mistake>,
}

fn main() -> std::process::ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .without_time()
        .init();
    match run(arguments.seed, arguments.mistake) {
        Ok(report) => {
            println!("{report}");
            std::process::ExitCode::from(u8::from(!report.violations.is_empty()))
        }
        Err(error) => {
            println!("FAIL {error}");
            std::process::ExitCode::FAILURE
        }
    }
}
