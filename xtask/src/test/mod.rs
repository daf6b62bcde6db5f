//! The test command: everything that must pass, one line per stage.

mod clients;
mod rust;
pub mod stage;
mod summary;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, Result};
use clap::Args;

use crate::workspace;
use stage::{Context, Outcome, Stage};
use summary::Summary;

/// Which stages to run.
#[derive(Args)]
pub struct TestArguments {
    /// Runs only the stages whose names contain one of these words.
    #[arg(value_name = "STAGE")]
    only: Vec<String>,
    /// Shows the stages and runs none.
    #[arg(long)]
    list: bool,
}

pub fn run(arguments: &TestArguments) -> Result<()> {
    let stages: Vec<Stage> = [rust::stages(), clients::stages()]
        .into_iter()
        .flatten()
        .filter(|stage| is_wanted(stage, &arguments.only))
        .collect();
    if arguments.list {
        for stage in &stages {
            println!("{}", stage.name);
        }
        return Ok(());
    }
    let context = Context {
        root: workspace::root(),
        logs: log_dir()?,
        // Where nobody looks at skipped lines, nothing may be skipped.
        skipping_fails: std::env::var("CI").is_ok_and(|value| value == "true"),
        release_binary: workspace::target_dir()?.join("release/highwater"),
    };
    let mut summary = Summary::default();
    for stage in &stages {
        run_stage(stage, &context, &mut summary);
    }
    println!("{summary}");
    anyhow::ensure!(summary.failed == 0, "not everything passed");
    Ok(())
}

fn is_wanted(stage: &Stage, only: &[String]) -> bool {
    only.is_empty() || only.iter().any(|word| stage.name.contains(word.as_str()))
}

/// Runs one stage and prints its line, and its whole log if it failed.
fn run_stage(stage: &Stage, context: &Context, summary: &mut Summary) {
    let started = Instant::now();
    let log_path = context.log_path(stage.name);
    let _ = std::fs::remove_file(&log_path);
    let mut outcome = (stage.run)(context, &log_path).unwrap_or_else(|error| Outcome {
        failed: 1,
        note: Some(format!("{error:#}")),
        ..Outcome::default()
    });
    if outcome.passed == 0 && outcome.skipped > 0 && context.skipping_fails {
        outcome.failed += outcome.skipped;
        outcome.skipped = 0;
    }
    let word = match &outcome {
        outcome if outcome.failed > 0 => "FAILED",
        outcome if outcome.passed == 0 => "skipped",
        _ => "ok",
    };
    if word == "FAILED"
        && let Ok(log) = std::fs::read_to_string(&log_path)
    {
        println!("----- {}: {}", stage.name, log_path.display());
        print!("{log}");
        println!("-----");
    }
    let seconds = started.elapsed().as_secs_f64();
    let note = outcome.note.as_deref().unwrap_or_default();
    println!(
        "{word:<8}{:<28}{seconds:>8.1} s  {} passed, {} failed, {} skipped  {note}",
        stage.name, outcome.passed, outcome.failed, outcome.skipped
    );
    summary.add(&outcome);
}

fn log_dir() -> Result<PathBuf> {
    let logs = workspace::target_dir()?.join("test-logs");
    std::fs::create_dir_all(&logs).context("the folder for logs can not be created")?;
    Ok(logs)
}
