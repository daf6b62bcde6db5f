//! The stages that need Rust and a C compiler alone.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::stage::{Context, Outcome, Stage};
use crate::workspace;

pub fn stages() -> Vec<Stage> {
    vec![
        Stage {
            name: "format",
            run: format,
        },
        Stage {
            name: "clippy",
            run: clippy,
        },
        Stage {
            name: "ladder",
            run: ladder,
        },
        Stage {
            name: "tidy",
            run: tidy,
        },
        Stage {
            name: "rust tests",
            run: rust_tests,
        },
        Stage {
            name: "simulation",
            run: simulation,
        },
        Stage {
            name: "simulation finds mistakes",
            run: simulated_mistakes,
        },
        Stage {
            name: "release build",
            run: release_build,
        },
    ]
}

fn format(context: &Context, log: &Path) -> Result<Outcome> {
    context.check(&mut cargo(&["fmt", "--all", "--", "--check"]), log)
}

fn clippy(context: &Context, log: &Path) -> Result<Outcome> {
    let arguments = ["clippy", "--workspace", "--all-targets", "--locked"];
    context.check(cargo(&arguments).args(["--", "-D", "warnings"]), log)
}

fn ladder(context: &Context, log: &Path) -> Result<Outcome> {
    context.check(&mut xtask(&["ladder"])?, log)
}

fn tidy(context: &Context, log: &Path) -> Result<Outcome> {
    context.check(&mut xtask(&["tidy"])?, log)
}

fn rust_tests(context: &Context, log: &Path) -> Result<Outcome> {
    context.count(
        &mut cargo(&["test", "--workspace", "--locked", "--no-fail-fast"]),
        log,
    )
}

fn simulation(context: &Context, log: &Path) -> Result<Outcome> {
    context.check(&mut xtask(&["sim", "--seeds", "0..20", "--twice"])?, log)
}

/// A checker that finds nothing in a broken build is worth nothing.
fn simulated_mistakes(context: &Context, log: &Path) -> Result<Outcome> {
    let mistake = "acknowledge-before-flush";
    context.check(
        &mut xtask(&["sim", "--seeds", "0..10", "--mistake", mistake])?,
        log,
    )
}

fn release_build(context: &Context, log: &Path) -> Result<Outcome> {
    let package = ["--package", "highwater-server"];
    context.check(
        cargo(&["build", "--release", "--locked"]).args(package),
        log,
    )
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(workspace::cargo());
    command.args(arguments);
    command
}

/// This very program with another command.
fn xtask(arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(arguments);
    Ok(command)
}
