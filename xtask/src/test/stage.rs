//! One step of the test command.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use super::summary::Summary;

/// One step of the test command.
pub struct Stage {
    /// Shown in its line, and the name of its log.
    pub name: &'static str,
    /// Does the work; an error counts as one failure. All output goes to the log.
    pub run: fn(&Context, &Path) -> Result<Outcome>,
}

/// What stages need to know.
pub struct Context {
    /// The repository's root.
    pub root: PathBuf,
    /// Where the stages' logs are.
    pub logs: PathBuf,
    /// Whether a stage that can not run counts as failed.
    pub skipping_fails: bool,
    /// The binary that the stage `release build` makes.
    pub release_binary: PathBuf,
}

/// What came of a stage.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub passed: usize,
    pub failed: usize,
    pub skipped: usize,
    /// A few words for the stage's line, such as why it was skipped.
    pub note: Option<String>,
}

impl Outcome {
    /// The stage can not run here.
    pub fn skipped(why: impl Into<String>) -> Self {
        Self {
            skipped: 1,
            note: Some(why.into()),
            ..Self::default()
        }
    }
}

impl Context {
    pub fn log_path(&self, stage: &str) -> PathBuf {
        self.logs.join(format!("{}.log", stage.replace(' ', "-")))
    }

    /// Runs a command with its output appended to the log. Its exit status counts
    /// as one passed or failed test.
    pub fn check(&self, command: &mut Command, log: &Path) -> Result<Outcome> {
        let success = self.run(command, log)?;
        Ok(Outcome {
            passed: usize::from(success),
            failed: usize::from(!success),
            ..Outcome::default()
        })
    }

    /// As [`Context::check`], for a command that prints how many tests passed: the
    /// lines `test result: …` of Rust's tests, or a last line `N passed, M failed`,
    /// which may go on with `, K skipped`. A command that fails without saying which
    /// test did counts as one failure.
    pub fn count(&self, command: &mut Command, log: &Path) -> Result<Outcome> {
        let success = self.run(command, log)?;
        let text = std::fs::read_to_string(log).context("the log can not be read")?;
        let mut outcome = Summary::of_output(&text);
        if !success && outcome.failed == 0 {
            outcome.failed = 1;
        }
        Ok(outcome)
    }

    fn run(&self, command: &mut Command, log: &Path) -> Result<bool> {
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(log)
            .context("the log can not be written")?;
        use std::io::Write as _;
        writeln!(file, "$ {command:?}")?;
        let errors = file.try_clone()?;
        let status = command
            .current_dir(&self.root)
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(errors)
            .status()
            .with_context(|| format!("{command:?} does not start"))?;
        Ok(status.success())
    }
}
