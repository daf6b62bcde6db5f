//! What a topic's settings mean to its logs.

/// How a topic's old records go away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CleanupPolicy {
    /// Whole segments go by age, size and log start.
    pub delete: bool,
    /// The newest record of each key stays.
    pub compact: bool,
}

/// `compression.type` with its level. Levels are those of the codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompressionType {
    /// As the producer sent it.
    Producer,
    Uncompressed,
    Gzip {
        level: i32,
    },
    Snappy,
    Lz4 {
        level: i32,
    },
    Zstd {
        level: i32,
    },
}

/// `message.timestamp.type`. KIP-32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageTimestampType {
    CreateTime,
    LogAppendTime,
}

/// The settings of one log, already parsed and combined. Defaults are Kafka's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogConfig {
    /// `segment.bytes`: a segment is closed before it grows past this.
    pub segment_bytes: u32,
    /// `segment.ms`: a segment is closed when its first record is this old.
    pub segment_ms: i64,
    /// `segment.jitter.ms`: at most this much is taken off `segment_ms`.
    pub segment_jitter_ms: i64,
    /// `segment.index.bytes`: the largest size of one index file.
    pub segment_index_bytes: u32,
    /// `index.interval.bytes`: log bytes between two index entries.
    pub index_interval_bytes: u32,
    /// `flush.messages`: with write caching, records after which to flush.
    pub flush_messages: i64,
    /// `flush.ms`: with write caching, time after which to flush.
    pub flush_ms: i64,
    /// `retention.bytes`; -1 is without limit.
    pub retention_bytes: i64,
    /// `retention.ms`; -1 is without limit.
    pub retention_ms: i64,
    /// `max.message.bytes`: the largest batch.
    pub max_message_bytes: u32,
    /// `compression.type` and its level. KIP-390.
    pub compression: CompressionType,
    /// `message.timestamp.type`.
    pub message_timestamp_type: MessageTimestampType,
    /// `message.timestamp.before.max.ms`: how old a record may claim to be. KIP-937.
    pub message_timestamp_before_max_ms: i64,
    /// `message.timestamp.after.max.ms`: how far in the future. KIP-937.
    pub message_timestamp_after_max_ms: i64,
    /// `file.delete.delay.ms`: how long a deleted file stays for its readers.
    pub file_delete_delay_ms: i64,
    /// `cleanup.policy`.
    pub cleanup_policy: CleanupPolicy,
    /// `preallocate`: reserve a segment's blocks when it is created.
    pub preallocate: bool,
    /// `write.caching`: acknowledged means "in the page cache" instead of "flushed".
    pub write_caching: bool,
    /// `producer.id.expiration.ms`: a producer that is idle for longer is forgotten. KIP-854.
    pub producer_id_expiration_ms: i64,
}

impl CompressionType {
    pub const GZIP_LEVEL_DEFAULT: i32 = -1;
    pub const LZ4_LEVEL_DEFAULT: i32 = 9;
    pub const ZSTD_LEVEL_DEFAULT: i32 = 3;
}

impl CleanupPolicy {
    pub const DELETE: Self = Self {
        delete: true,
        compact: false,
    };
    pub const COMPACT: Self = Self {
        delete: false,
        compact: true,
    };
}

impl Default for LogConfig {
    fn default() -> Self {
        const WEEK_MS: i64 = 7 * 24 * 60 * 60 * 1000;
        const HOUR_MS: i64 = 60 * 60 * 1000;
        const DAY_MS: i64 = 24 * HOUR_MS;
        Self {
            segment_bytes: 1 << 30,
            segment_ms: WEEK_MS,
            segment_jitter_ms: 0,
            segment_index_bytes: 10 << 20,
            index_interval_bytes: 4096,
            flush_messages: i64::MAX,
            flush_ms: i64::MAX,
            retention_bytes: -1,
            retention_ms: WEEK_MS,
            max_message_bytes: (1 << 20) + 12,
            compression: CompressionType::Producer,
            message_timestamp_type: MessageTimestampType::CreateTime,
            message_timestamp_before_max_ms: i64::MAX,
            message_timestamp_after_max_ms: HOUR_MS,
            file_delete_delay_ms: 60_000,
            cleanup_policy: CleanupPolicy::DELETE,
            preallocate: false,
            write_caching: false,
            producer_id_expiration_ms: DAY_MS,
        }
    }
}
