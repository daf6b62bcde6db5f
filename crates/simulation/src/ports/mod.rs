//! The four ports of a node, simulated.

mod clock;
mod entropy;
mod network;
mod offload;

pub use clock::SimClock;
pub use entropy::SimEntropy;
pub use network::SimNetwork;
pub use offload::SimOffload;

use std::sync::Arc;
use std::time::Duration;

use highwater_platform::Platform;

/// The ports of one life of one node; `seed` decides every random choice in it.
#[must_use]
pub fn platform(seed: u64, clock_skew_ms: i64, sync_latency_max: Duration) -> Platform {
    Platform {
        network: Arc::new(SimNetwork),
        clock: Arc::new(SimClock::new(clock_skew_ms)),
        entropy: Arc::new(SimEntropy::new(seed)),
        offload: Arc::new(SimOffload::new(
            SimEntropy::new(seed ^ 0x5f10),
            sync_latency_max,
        )),
    }
}
