//! The cluster as this broker knows it.

mod assignment;
mod broker_configs;
mod cache;
mod lifecycle;
mod loader;
mod reconciler;
mod replica_host;
#[cfg(test)]
mod tests;

pub(crate) use assignment::PartitionAssignment;
pub(crate) use broker_configs::BrokerConfigs;
pub(crate) use cache::MetadataCache;
pub(crate) use lifecycle::{Identity, Lifecycle, Wish};
pub(crate) use loader::MetadataLoader;
pub(crate) use reconciler::wanted_replicas;
pub(crate) use replica_host::ReplicaHost;
