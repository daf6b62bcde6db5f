//! The cluster as this broker knows it.

mod assignment;

pub(crate) use assignment::PartitionAssignment;
