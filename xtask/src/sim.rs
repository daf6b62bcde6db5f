//! Runs the simulation: each seed in a process of its own, several at a time.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::workspace;

/// Which runs to do.
#[derive(Args)]
pub struct SimArguments {
    /// Replays one seed, with what the node logs; RUST_LOG chooses how much.
    #[arg(long, conflicts_with = "seeds")]
    seed: Option<u64>,
    /// Seeds to run, `from..to`, the end left out.
    #[arg(long, value_parser = parse_range, default_value = "0..20")]
    seeds: Range<u64>,
    /// Runs each seed twice and compares: equal seeds must give equal runs.
    #[arg(long)]
    twice: bool,
    /// Builds in a mistake on purpose; the run fails unless some seed finds it.
    #[arg(long)]
    mistake: Option<String>,
    /// Processes at the same time; by default one per core.
    #[arg(long)]
    jobs: Option<usize>,
}

fn parse_range(text: &str) -> Result<Range<u64>, String> {
    let (from, to) = text.split_once("..").ok_or("expected from..to")?;
    let number = |text: &str| text.parse::<u64>().map_err(|error| error.to_string());
    let range = number(from)?..number(to)?;
    match range.is_empty() {
        true => Err("the range is empty".into()),
        false => Ok(range),
    }
}

pub fn run(arguments: &SimArguments) -> Result<()> {
    let binary = build()?;
    let mistake = arguments.mistake.as_deref();
    if let Some(seed) = arguments.seed {
        let status = command(&binary, seed, mistake).status()?;
        anyhow::ensure!(status.success(), "seed {seed} failed");
        return Ok(());
    }
    let failed = run_all(arguments, &binary)?;
    let count = arguments.seeds.end - arguments.seeds.start;
    match mistake {
        Some(mistake) if failed.is_empty() => {
            bail!("{count} seeds and none of them found {mistake}")
        }
        Some(mistake) => println!("{mistake} was found by {} of {count} seeds", failed.len()),
        None if failed.is_empty() => println!("{count} seeds, all fine"),
        None => {
            for (seed, output) in &failed {
                println!("{output}\n  replay: cargo xtask sim --seed {seed}");
            }
            bail!("{} of {count} seeds failed", failed.len());
        }
    }
    Ok(())
}

/// Runs all seeds and returns the failed ones with what they printed.
fn run_all(arguments: &SimArguments, binary: &Path) -> Result<Vec<(u64, String)>> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let jobs = arguments.jobs.unwrap_or(cores).max(1);
    let seeds: Vec<u64> = arguments.seeds.clone().collect();
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some(&seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = run_seed(arguments, binary, seed)
                        .unwrap_or_else(|error| Err(format!("FAIL seed {seed}: {error:#}")));
                    match outcome {
                        Ok(line) => println!("{line}"),
                        Err(output) => {
                            let mut failed = failed.lock().unwrap_or_else(|e| e.into_inner());
                            failed.push((seed, output));
                        }
                    }
                }
            });
        }
    });
    let mut failed = failed.into_inner().unwrap_or_else(|e| e.into_inner());
    failed.sort();
    Ok(failed)
}

/// One seed, or twice the same; `Err` holds the output of a failed one.
fn run_seed(arguments: &SimArguments, binary: &Path, seed: u64) -> Result<Result<String, String>> {
    let mistake = arguments.mistake.as_deref();
    let first = command(binary, seed, mistake).output()?;
    let stdout = String::from_utf8_lossy(&first.stdout)
        .trim_end()
        .to_string();
    if !first.status.success() {
        let stderr = String::from_utf8_lossy(&first.stderr);
        return Ok(Err(format!(
            "FAIL seed {seed}\n{stdout}\n{}",
            stderr.trim_end()
        )));
    }
    if arguments.twice {
        let second = command(binary, seed, mistake).output()?;
        if second.stdout != first.stdout {
            let other = String::from_utf8_lossy(&second.stdout);
            return Ok(Err(format!(
                "FAIL seed {seed} differs from itself:\n{stdout}\n{other}"
            )));
        }
    }
    Ok(Ok(stdout))
}

fn command(binary: &Path, seed: u64, mistake: Option<&str>) -> Command {
    let mut command = Command::new(binary);
    command.args(["--seed", &seed.to_string()]);
    if let Some(mistake) = mistake {
        command.args(["--mistake", mistake]);
    }
    command
}

/// Builds the simulation. It has a target folder of its own, because its flags
/// differ: only with `tokio_unstable` can the runtime's random choices be seeded.
fn build() -> Result<PathBuf> {
    let target = workspace::root().join("target/simulation");
    let status = Command::new(workspace::cargo())
        .current_dir(workspace::root())
        .args(["build", "--locked", "--profile", "simulation"])
        .args(["--package", "highwater-simulation"])
        .env("CARGO_TARGET_DIR", &target)
        .env("RUSTFLAGS", "--cfg tokio_unstable")
        .status()
        .context("cargo can not be started")?;
    anyhow::ensure!(status.success(), "the simulation does not build");
    Ok(target.join("simulation/highwater-simulation"))
}
