//! From a request's bytes to its handler: one file per Kafka API.
//!
//! A handler is `handle(ctx, request, rc) -> Result<Response, ApiError>`. Kafka's
//! error codes are part of the response; an [`ApiError`] means that there is none.
//! Produce alone has two stages: its handler returns when the records are with the
//! partitions' workers, and gives a future for the rest.

mod alter_configs;
mod api_versions;
mod auto_create;
mod create_partitions;
mod create_topics;
mod delete_records;
mod delete_topics;
mod describe_cluster;
mod describe_configs;
mod describe_log_dirs;
mod describe_topic_partitions;
mod dispatch;
mod fetch;
mod forward;
mod incremental_alter_configs;
mod init_producer_id;
mod list_offsets;
mod metadata;
mod offset_for_leader_epoch;
mod operations;
mod partition_lookup;
mod partition_view;
mod produce;

#[cfg(test)]
mod tests;

pub(crate) use dispatch::Dispatcher;

/// Why a request gets no response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ApiError {
    /// The client wants none: Produce with `acks=0` that went well.
    NoResponse,
    /// The connection is closed, with this reason in the log.
    Close(String),
}
