//! The quorum's storage as openraft uses it.

mod crash;
mod left_open;
mod suite;

use std::path::PathBuf;
use std::sync::Arc;

use highwater_platform::{Clock, Job, Offload};
use highwater_storage::Disk;
use highwater_storage::testing::SimulatedDisk;
use highwater_types::TimestampMs;
use parking_lot::Mutex;

use super::log_store::{LogStore, LogStoreConfig};
use super::state_machine::{StateMachine, StateMachineConfig};

struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> TimestampMs {
        TimestampMs(1_700_000_000_000)
    }
}

/// Runs jobs at once, or keeps them until they are wanted.
#[derive(Default)]
struct Jobs {
    kept: Mutex<Option<Vec<Job>>>,
}

impl Offload for Jobs {
    fn run(&self, job: Job) {
        let mut kept = self.kept.lock();
        match &mut *kept {
            Some(jobs) => jobs.push(job),
            None => {
                drop(kept);
                job();
            }
        }
    }
}

struct Node {
    disk: SimulatedDisk,
    jobs: Arc<Jobs>,
}

impl Node {
    fn new(seed: u64) -> Self {
        let disk = SimulatedDisk::new(seed);
        // The metadata directory is there and stays; the log's folder is ours.
        disk.create_dir_all(&PathBuf::from("/data")).unwrap();
        disk.sync_dir(&PathBuf::from("/")).unwrap();
        Self {
            disk,
            jobs: Arc::default(),
        }
    }

    fn log_store(&self) -> LogStore {
        LogStore::open(LogStoreConfig {
            dir: dir(),
            disk: Arc::new(self.disk.clone()),
            offload: self.jobs.clone(),
            clock: Arc::new(StoppedClock),
            segment_bytes: 4096,
        })
        .unwrap()
    }

    fn state_machine(&self) -> StateMachine {
        StateMachine::open(StateMachineConfig {
            dir: dir(),
            disk: Arc::new(self.disk.clone()),
            offload: self.jobs.clone(),
            clock: Arc::new(StoppedClock),
        })
        .unwrap()
    }
}

fn dir() -> PathBuf {
    PathBuf::from("/data/__cluster_metadata-0")
}
