//! Fetching what a suite needs, once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use crate::test::stage::Context;

/// What came of preparing a suite.
pub enum Prepared<T> {
    Ready(T),
    /// A runtime is missing on this machine; the text says which.
    Missing(String),
}

/// The folder of fetched clients, and where the output of fetching goes.
pub struct Setup<'a> {
    context: &'a Context,
    log: &'a Path,
}

impl<'a> Setup<'a> {
    pub fn new(context: &'a Context, log: &'a Path) -> Self {
        Self { context, log }
    }

    /// The folder of the suites' sources.
    pub fn sources(&self) -> PathBuf {
        self.context.root.join("tests/clients")
    }

    /// The folder for one client's files.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.context.root.join(".clients").join(name)
    }

    /// Runs `work` on the empty folder of `name`, unless that was done before with
    /// the same `fingerprint` (the pinned versions, as text).
    pub fn once(
        &self,
        name: &str,
        fingerprint: &str,
        work: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<PathBuf> {
        let folder = self.folder(name);
        let stamp = folder.join("fetched");
        if fs::read_to_string(&stamp).is_ok_and(|found| found == fingerprint) {
            return Ok(folder);
        }
        println!("        fetching {name} into {}", folder.display());
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        work(&folder).with_context(|| format!("{name} can not be set up"))?;
        // Last, so that an interrupted set-up is done again.
        fs::write(&stamp, fingerprint)?;
        Ok(folder)
    }

    /// Runs a command that must succeed; its output goes to the log.
    pub fn run(&self, command: &mut Command) -> Result<()> {
        let outcome = self.context.check(command, self.log)?;
        anyhow::ensure!(outcome.failed == 0, "{command:?} failed");
        Ok(())
    }
}

/// Whether a program starts and exits with success.
pub fn works(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
