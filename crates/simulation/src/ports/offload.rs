//! Blocking work as simulated events.

use std::time::Duration;

use highwater_platform::{Job, Offload};

use super::SimEntropy;

/// Runs each job after a random delay on the host that asked for it. A crash of
/// the host in between means that the job never ran, as with a real fsync.
pub struct SimOffload {
    entropy: SimEntropy,
    latency_max: Duration,
}

impl SimOffload {
    #[must_use]
    pub fn new(entropy: SimEntropy, latency_max: Duration) -> Self {
        Self {
            entropy,
            latency_max,
        }
    }
}

impl Offload for SimOffload {
    fn run(&self, job: Job) {
        let latency_us = u64::try_from(self.latency_max.as_micros()).unwrap_or(u64::MAX);
        let delay = Duration::from_micros(self.entropy.in_range(0..latency_us.max(1)));
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            job();
        });
    }
}
