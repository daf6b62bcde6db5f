//! Runs the simulation, each seed in a process of its own.

use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;

use crate::workspace;

/// Which seeds to run.
#[derive(Args)]
pub struct SimArguments {
    /// Runs this seed alone, with its whole output.
    #[arg(long)]
    seed: Option<u64>,
    /// How many seeds to run, from 0 on.
    #[arg(long, default_value_t = 20, conflicts_with = "seed")]
    seeds: u64,
}

pub fn run(arguments: &SimArguments) -> Result<()> {
    let seeds = match arguments.seed {
        Some(seed) => seed..seed + 1,
        None => 0..arguments.seeds,
    };
    let mut failed = Vec::new();
    for seed in seeds {
        let status = command(seed)
            .status()
            .context("the simulation does not start")?;
        if !status.success() {
            failed.push(seed.to_string());
        }
    }
    anyhow::ensure!(
        failed.is_empty(),
        "failed seeds: {}; repeat one with `cargo xtask sim --seed N`",
        failed.join(", ")
    );
    Ok(())
}

/// One seed's process.
fn command(seed: u64) -> Command {
    let mut command = Command::new(workspace::cargo());
    command
        .args(["run", "--quiet", "--package", "highwater-simulation", "--"])
        .args(["--seed", &seed.to_string()])
        .current_dir(workspace::root());
    command
}
