//! The cluster as this broker knows it.

mod assignment;
mod broker_configs;
mod cache;

pub(crate) use assignment::PartitionAssignment;
pub(crate) use broker_configs::{BrokerConfigs, topic_config};
pub(crate) use cache::MetadataCache;
