//! Some seeds, each in a process of its own. `cargo xtask sim` runs more of them,
//! in a build in which equal seeds give equal runs.

use std::process::{Command, Output};

fn simulate(seed: u64, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_highwater-simulation"))
        .args(["--seed", &seed.to_string()])
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn all_checks_hold_in_every_run() {
    for seed in 0..10 {
        let output = simulate(seed, &[]);
        let text = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}{errors}");
    }
}

#[test]
fn acknowledging_before_the_flush_is_found() {
    let found = (0..20).any(|seed| {
        let output = simulate(seed, &["--mistake", "acknowledge-before-flush"]);
        let text = String::from_utf8_lossy(&output.stdout);
        // A crash of the simulation itself would not count.
        output.status.code() == Some(1) && text.contains("acknowledged durability")
    });
    assert!(found, "no seed found the mistake");
}
