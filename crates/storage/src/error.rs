//! What can go wrong, by who has to act on it.

use std::io;
use std::path::{Path, PathBuf};

use highwater_types::{Offset, TopicId};

/// A log or a log directory can not do its work. Kafka: `KAFKA_STORAGE_ERROR`.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    #[error("{}: {source}", path.display())]
    Io {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// The files say something that can not be true.
    #[error("{}: {reason}", path.display())]
    Corrupt { path: PathBuf, reason: String },
    /// An earlier write or sync failed, so what is on disk is unknown.
    #[error("the log refuses writes since an earlier failure: {0}")]
    Poisoned(String),
    /// Another process works on the directory.
    #[error("{} is locked by another process", .0.display())]
    Locked(PathBuf),
    #[error("{}: the directory is offline: {reason}", path.display())]
    Offline { path: PathBuf, reason: String },
    /// The directory is formatted for somebody else.
    #[error("{}: {reason}", path.display())]
    WrongDirectory { path: PathBuf, reason: String },
    #[error("{}: the log belongs to topic id {found}, not {expected}", path.display())]
    InconsistentTopicId {
        path: PathBuf,
        found: TopicId,
        expected: TopicId,
    },
    #[error("{}: the log is already there", .0.display())]
    AlreadyExists(PathBuf),
    #[error("{}: there is no such log", .0.display())]
    NotFound(PathBuf),
    /// The caller asked for an offset that the log can not go to.
    #[error("offset {offset} is outside the log's {start} to {end}")]
    OffsetOutOfRange {
        offset: Offset,
        start: Offset,
        end: Offset,
    },
}

impl StorageError {
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            source,
        }
    }

    pub(crate) fn corrupt(path: &Path, reason: impl Into<String>) -> Self {
        Self::Corrupt {
            path: path.to_owned(),
            reason: reason.into(),
        }
    }
}

/// One record of a refused batch, for the produce response. KIP-467.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordError {
    /// The record's position within the batch, from 0.
    pub batch_index: i32,
    pub message: String,
}

/// Why an append was refused. Nothing was written, except after `Storage`.
///
/// Each variant is one Kafka error code, named beside it.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// `CORRUPT_MESSAGE`
    #[error("{0}")]
    CorruptMessage(String),
    /// `MESSAGE_TOO_LARGE`
    #[error("a batch of {size} bytes is larger than max.message.bytes of {limit}")]
    RecordTooLarge { size: usize, limit: usize },
    /// `RECORD_LIST_TOO_LARGE`
    #[error("batches of {size} bytes do not fit a segment of {limit}")]
    RecordBatchTooLarge { size: usize, limit: usize },
    /// `UNSUPPORTED_FOR_MESSAGE_FORMAT`
    #[error("{0}")]
    UnsupportedForMessageFormat(String),
    /// `INVALID_RECORD`
    #[error("{message}")]
    InvalidRecord {
        message: String,
        records: Vec<RecordError>,
    },
    /// `INVALID_TIMESTAMP`
    #[error("{message}")]
    InvalidTimestamp {
        message: String,
        records: Vec<RecordError>,
    },
    /// `OUT_OF_ORDER_SEQUENCE_NUMBER`
    #[error("{0}")]
    OutOfOrderSequence(String),
    /// `DUPLICATE_SEQUENCE_NUMBER`: a duplicate that is no longer among the last
    /// five batches, so that its offsets are not known.
    #[error("{0}")]
    DuplicateSequence(String),
    /// `INVALID_PRODUCER_EPOCH`
    #[error("{0}")]
    InvalidProducerEpoch(String),
    /// `UNKNOWN_PRODUCER_ID`
    #[error("{0}")]
    UnknownProducerId(String),
    /// `INVALID_TXN_STATE`
    #[error("{0}")]
    InvalidTxnState(String),
    /// `TRANSACTION_COORDINATOR_FENCED`
    #[error("{0}")]
    TransactionCoordinatorFenced(String),
    /// `UNSUPPORTED_COMPRESSION_TYPE`
    #[error("{0}")]
    UnsupportedCompressionType(String),
    /// A follower's batches do not continue its log. Kafka: `UNKNOWN_SERVER_ERROR`.
    #[error("the batch at {found} does not continue the log, which ends at {expected}")]
    OffsetGap { expected: Offset, found: Offset },
    /// `KAFKA_STORAGE_ERROR`
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why a read was refused.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// `OFFSET_OUT_OF_RANGE`
    #[error("offset {offset} is outside the log's {log_start} to {log_end}")]
    OffsetOutOfRange {
        offset: Offset,
        log_start: Offset,
        log_end: Offset,
    },
    /// `KAFKA_STORAGE_ERROR`, or `CORRUPT_MESSAGE` if the bytes make no sense.
    #[error(transparent)]
    Storage(#[from] StorageError),
}
