//! kafkajs and its codecs.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::setup::{Prepared, Setup, works};

const FILES: [&str; 2] = ["package.json", "package-lock.json"];

/// The folder for `NODE_PATH`.
pub fn prepare(setup: &Setup<'_>) -> Result<Prepared<PathBuf>> {
    if !works("node", &["--version"]) || !works("npm", &["--version"]) {
        return Ok(Prepared::Missing("node with npm is missing".into()));
    }
    let sources = setup.sources().join("kafkajs");
    let fingerprint = fs::read_to_string(sources.join(FILES[1]))?;
    let folder = setup.once("kafkajs", &fingerprint, |folder| {
        for file in FILES {
            fs::copy(sources.join(file), folder.join(file))?;
        }
        // No package of the list needs its install scripts.
        setup.run(
            Command::new("npm")
                .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
                .arg("--prefix")
                .arg(folder),
        )
    })?;
    Ok(Prepared::Ready(folder.join("node_modules")))
}
