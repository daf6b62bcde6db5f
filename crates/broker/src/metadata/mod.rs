//! The cluster as this broker knows it.

mod assignment;
mod cache;

pub(crate) use assignment::PartitionAssignment;
pub(crate) use cache::MetadataCache;
