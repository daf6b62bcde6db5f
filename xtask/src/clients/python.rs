//! The Python clients, in a virtual environment.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::setup::{Prepared, Setup, works};

/// The interpreter that has all clients of `python/requirements.txt`.
pub fn prepare(setup: &Setup<'_>) -> Result<Prepared<PathBuf>> {
    if !works("python3", &["-c", "import venv, ensurepip"]) {
        return Ok(Prepared::Missing(
            "python3 with its venv module is missing".into(),
        ));
    }
    let requirements = setup.sources().join("python/requirements.txt");
    let fingerprint = fs::read_to_string(&requirements)?;
    let folder = setup.once("python", &fingerprint, |folder| {
        setup.run(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
        setup.run(
            Command::new(folder.join("bin/python"))
                .args([
                    "-m",
                    "pip",
                    "install",
                    "--no-input",
                    "--only-binary",
                    ":all:",
                ])
                .args(["--disable-pip-version-check", "--requirement"])
                .arg(&requirements),
        )
    })?;
    Ok(Prepared::Ready(folder.join("bin/python")))
}
