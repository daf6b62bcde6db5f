//! Settings of the replica manager.

use std::time::Duration;

use highwater_metadata::config::{CompressionType as Codec, TopicConfig};
use highwater_storage::{CleanupPolicy, CompressionType, LogConfig, MessageTimestampType};

/// How this broker hosts partitions. Defaults are Kafka's where Kafka has the setting.
#[derive(Clone, Debug)]
pub struct ReplicaConfig {
    /// Partition workers; one per core keeps all cores busy.
    pub workers: usize,
    /// Commands that wait for one worker; over it, connections wait.
    pub worker_queue_max: usize,
    /// Files of one worker that are synced at the same time.
    pub flush_jobs_max: usize,
    /// Fetches that wait for data, over all connections; over it they are
    /// answered at once with what there is.
    pub parked_fetches_max: usize,
    /// Partitions of one fetch request, and of one fetch session.
    pub fetch_partitions_max: usize,
    /// How often a worker looks whether something is due (`flush.ms` and the
    /// intervals below).
    pub tick: Duration,
    /// `log.retention.check.interval.ms`
    pub retention_check_interval: Duration,
    /// `producer.id.expiration.ms`: an idle producer is forgotten after it. KIP-854.
    pub producer_expiration: Duration,
    /// `producer.id.expiration.check.interval.ms`
    pub producer_expiration_check_interval: Duration,
    /// `replica.high.watermark.checkpoint.interval.ms`; the checkpoints of recovery
    /// point and log start are written along.
    pub checkpoint_interval: Duration,
    /// `replica.fetch.max.bytes`: records of one partition in one message to a
    /// follower; one batch may exceed it.
    pub fetch_bytes_max: usize,
    /// `replica.fetch.response.max.bytes`: records in one message to a follower.
    pub fetch_response_bytes_max: usize,
    /// `replica.fetch.backoff.ms`: the longest pause before a follower that refused, or
    /// that could not be reached, is tried again.
    pub fetch_backoff: Duration,
    /// A bug on purpose: acknowledge and show records before they are flushed, so
    /// that a simulation can prove that it would notice. No property sets it.
    #[doc(hidden)]
    pub testing_ack_before_flush: bool,
}

/// What a topic's configuration means to its replicas.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TopicSettings {
    pub(super) log: LogConfig,
    /// `min.insync.replicas`
    pub(super) min_in_sync: usize,
}

impl Default for ReplicaConfig {
    fn default() -> Self {
        Self {
            workers: 2,
            worker_queue_max: 1024,
            flush_jobs_max: 4,
            parked_fetches_max: 100_000,
            fetch_partitions_max: 100_000,
            tick: Duration::from_secs(1),
            retention_check_interval: Duration::from_mins(5),
            producer_expiration: Duration::from_hours(24),
            producer_expiration_check_interval: Duration::from_mins(10),
            checkpoint_interval: Duration::from_secs(5),
            fetch_bytes_max: 1 << 20,
            fetch_response_bytes_max: 10 << 20,
            fetch_backoff: Duration::from_secs(1),
            testing_ack_before_flush: false,
        }
    }
}

impl TopicSettings {
    pub(super) fn new(config: &TopicConfig, replica: &ReplicaConfig) -> Self {
        let unsigned = |value: i32| u32::try_from(value).unwrap_or(0);
        let expiration_ms = replica.producer_expiration.as_millis();
        let log = LogConfig {
            segment_bytes: unsigned(config.segment_bytes),
            segment_ms: config.segment_ms,
            segment_jitter_ms: config.segment_jitter_ms,
            segment_index_bytes: unsigned(config.segment_index_bytes),
            index_interval_bytes: unsigned(config.index_interval_bytes),
            flush_messages: config.flush_messages,
            flush_ms: config.flush_ms,
            retention_bytes: config.retention_bytes,
            retention_ms: config.retention_ms,
            max_message_bytes: unsigned(config.max_message_bytes),
            compression: compression(config.compression),
            message_timestamp_type: match config.log_append_time {
                true => MessageTimestampType::LogAppendTime,
                false => MessageTimestampType::CreateTime,
            },
            message_timestamp_before_max_ms: config.message_timestamp_before_max_ms,
            message_timestamp_after_max_ms: config.message_timestamp_after_max_ms,
            file_delete_delay_ms: config.file_delete_delay_ms,
            cleanup_policy: CleanupPolicy {
                delete: config.cleanup_delete,
                compact: config.cleanup_compact,
            },
            preallocate: config.preallocate,
            write_caching: config.write_caching,
            producer_id_expiration_ms: i64::try_from(expiration_ms).unwrap_or(i64::MAX),
        };
        Self {
            log,
            min_in_sync: usize::try_from(config.min_insync_replicas).unwrap_or(1),
        }
    }
}

fn compression(codec: Codec) -> CompressionType {
    match codec {
        Codec::Producer => CompressionType::Producer,
        Codec::Uncompressed => CompressionType::Uncompressed,
        Codec::Gzip { level } => CompressionType::Gzip { level },
        Codec::Snappy => CompressionType::Snappy,
        Codec::Lz4 { level } => CompressionType::Lz4 { level },
        Codec::Zstd { level } => CompressionType::Zstd { level },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_tables_have_kafkas_defaults() {
        let settings = TopicSettings::new(&TopicConfig::default(), &ReplicaConfig::default());
        assert_eq!(settings.log, LogConfig::default());
        assert_eq!(settings.min_in_sync, 1);
    }
}
