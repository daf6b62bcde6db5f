//! What a node logs, and where to.

use std::io::IsTerminal;

use anyhow::{Context, Result};
use tracing_subscriber::EnvFilter;

/// Begins logging to the standard error, in colours on a terminal. What is logged
/// is the filter of the command line, or that of `RUST_LOG`, or `default`.
///
/// # Errors
/// When the filter can not be read.
pub fn start(filter: Option<&str>, default: &str) -> Result<()> {
    let from_environment = std::env::var("RUST_LOG")
        .ok()
        .filter(|text| !text.is_empty());
    let text = filter.map(str::to_owned).or(from_environment);
    let text = text.as_deref().unwrap_or(default);
    let filter = EnvFilter::try_new(quieted(text))
        .with_context(|| format!("--log {text}: this is not a filter such as info"))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    Ok(())
}

/// A plain `info` is about us; the Raft library says more than most people want.
fn quieted(filter: &str) -> String {
    if filter.eq_ignore_ascii_case("info") {
        format!("{filter},openraft=warn")
    } else {
        filter.to_owned()
    }
}
