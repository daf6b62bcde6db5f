//! The partitions that this broker hosts: their logs, their leadership, and the
//! data path of Produce and Fetch.
//!
//! Every partition has one owner, a [`partition_worker`]: whatever changes its log
//! or its role goes there as a command. Everybody else holds a [`Partition`], the
//! shared face of it, and reads through that.
//!
//! *Architecture invariant:* no task, timer or open file per partition; an idle
//! partition costs memory only.

mod append;
mod assignments;
#[allow(dead_code)] // until followers follow
mod command;
mod config;
mod directory_failures;
mod fetcher;
mod flusher;
mod hosted;
mod housekeeping;
#[allow(dead_code, unused_imports)] // until followers follow
mod isr_proposals;
mod offload;
mod partition;
mod partition_worker;
#[allow(dead_code, unused_imports)] // until followers follow
mod peer;
mod registry;
mod replica_manager;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub(crate) use append::storage_error_code;
pub(crate) use append::{Acks, AppendFailure, AppendResult, PendingAppend};
pub use config::ReplicaConfig;
pub(crate) use fetcher::{FetchParams, FetchTarget, FetchedPartition, Isolation, end_of_epoch};
pub(crate) use isr_proposals::IsrProposer;
pub(crate) use offload::offload;
pub(crate) use partition::Partition;
pub(crate) use peer::{PeerDirectory, ReplicationServer};
pub(crate) use registry::NotHosted;
pub(crate) use replica_manager::ReplicaManager;
