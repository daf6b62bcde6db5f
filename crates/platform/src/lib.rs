//! The ports to the world: network, wall clock, entropy and offloaded work.
//!
//! *Architecture invariant:* no other crate above the line opens a socket, reads
//! the time of day, draws a random number or starts a thread. Monotonic time and
//! timers are tokio's, which a simulation controls as well.

mod clock;
mod entropy;
mod network;
mod offload;

pub use clock::{Clock, SystemClock};
pub use entropy::{Entropy, OsEntropy};
pub use network::{Listener, Network, Stream, TcpNetwork};
pub use offload::{Job, Offload, ThreadOffload};

use std::sync::Arc;

/// The ports of one node, handed to everything that needs them. Cheap to clone.
#[derive(Clone)]
pub struct Platform {
    pub network: Arc<dyn Network>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub offload: Arc<dyn Offload>,
}

impl Platform {
    /// The real world, with `offload_threads` threads for blocking work.
    ///
    /// # Errors
    /// When the operating system refuses to start a thread.
    pub fn real(offload_threads: usize) -> std::io::Result<Self> {
        Ok(Self {
            network: Arc::new(TcpNetwork),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(OsEntropy),
            offload: Arc::new(ThreadOffload::new(offload_threads)?),
        })
    }
}
