//! How many connections there may be.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// `max.connections` and `max.connections.per.ip`, over all listeners.
#[derive(Debug)]
pub(crate) struct ConnectionSlots {
    all: Arc<Semaphore>,
    per_ip_max: usize,
    per_ip: Mutex<BTreeMap<IpAddr, usize>>,
}

/// The right to have one connection of one address; given back when dropped.
#[derive(Debug)]
pub(crate) struct ConnectionSlot {
    slots: Arc<ConnectionSlots>,
    address: IpAddr,
    _one_of_all: OwnedSemaphorePermit,
}

impl ConnectionSlots {
    pub(crate) fn new(connections_max: usize, per_ip_max: usize) -> Arc<Self> {
        Arc::new(Self {
            all: Arc::new(Semaphore::new(connections_max.min(Semaphore::MAX_PERMITS))),
            per_ip_max,
            per_ip: Mutex::default(),
        })
    }

    /// Waits until the node may have one more connection. As in Kafka, further
    /// clients then wait in the system's queue.
    pub(crate) async fn wait(&self) -> OwnedSemaphorePermit {
        match self.all.clone().acquire_owned().await {
            Ok(permit) => permit,
            Err(_) => unreachable!("the semaphore is never closed"),
        }
    }

    /// Takes a slot for a client at `address`; `None` when that address has too
    /// many connections already.
    pub(crate) fn take(
        self: &Arc<Self>,
        one_of_all: OwnedSemaphorePermit,
        address: IpAddr,
    ) -> Option<ConnectionSlot> {
        let mut per_ip = self.per_ip.lock();
        let count = per_ip.entry(address).or_insert(0);
        if *count >= self.per_ip_max {
            if *count == 0 {
                per_ip.remove(&address);
            }
            return None;
        }
        *count += 1;
        Some(ConnectionSlot {
            slots: self.clone(),
            address,
            _one_of_all: one_of_all,
        })
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        let mut per_ip = self.slots.per_ip.lock();
        if let Some(count) = per_ip.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                per_ip.remove(&self.address);
            }
        }
    }
}
