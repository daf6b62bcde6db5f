//! When to stop.

use anyhow::Result;
use tokio::signal::unix::{SignalKind, signal};

/// Waits for Ctrl-C or SIGTERM.
///
/// # Errors
/// When the operating system does not let us hear signals.
pub async fn stop_requested() -> Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        biased;
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// Ends the process at the next signal, without waiting for anything: for a stop
/// that takes too long. What was acknowledged is on disk all the same.
pub fn exit_at_the_next_one() {
    tokio::spawn(async {
        if stop_requested().await.is_ok() {
            eprintln!("stopped without waiting");
            std::process::exit(1);
        }
    });
}
