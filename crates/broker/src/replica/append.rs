//! A produce request's appends, on their way through the workers.

use std::sync::Arc;

use highwater_protocol::ErrorCode;
use highwater_storage::{AppendError, AppendInfo, RecordError, StorageError};
use highwater_types::Offset;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;

/// When a producer wants its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Acks {
    /// `acks=0`: never.
    None,
    /// `acks=1`: once the leader has appended.
    Leader,
    /// `acks=all`: once the records are committed.
    All,
}

/// Why an append failed, as the producer is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AppendFailure {
    pub code: ErrorCode,
    pub message: Option<String>,
    pub records: Vec<RecordError>,
    /// [`Offset::NONE`] where it is not known.
    pub log_start: Offset,
}

pub(crate) type AppendResult = Result<AppendInfo, AppendFailure>;

/// The appends of one request: filled in by the workers, awaited by its connection.
///
/// The connection is woken once, when the last append has its result.
pub(crate) struct PendingAppend {
    state: Mutex<State>,
    complete: Notify,
}

struct State {
    results: Vec<Option<AppendResult>>,
    missing: usize,
    /// Nobody waits any more: timed out or disconnected.
    abandoned: bool,
}

impl Acks {
    /// Reads Kafka's number; `None` for one that Kafka does not know.
    pub(crate) fn from_code(code: i16) -> Option<Self> {
        match code {
            0 => Some(Self::None),
            1 => Some(Self::Leader),
            -1 => Some(Self::All),
            _ => None,
        }
    }
}

impl AppendFailure {
    pub(crate) fn new(code: ErrorCode) -> Self {
        Self {
            code,
            message: None,
            records: Vec::new(),
            log_start: Offset::NONE,
        }
    }

    /// What a producer is told of a refused append.
    pub(super) fn from_error(error: AppendError, log_start: Offset) -> Self {
        let code = append_error_code(&error);
        let message = Some(error.to_string());
        let (records, log_start) = match error {
            AppendError::InvalidRecord { records, .. }
            | AppendError::InvalidTimestamp { records, .. } => (records, log_start),
            _ => (Vec::new(), Offset::NONE),
        };
        Self {
            code,
            message,
            records,
            log_start,
        }
    }
}

impl PendingAppend {
    pub(crate) fn new(appends: usize) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                results: vec![None; appends],
                missing: appends,
                abandoned: false,
            }),
            complete: Notify::new(),
        })
    }

    /// Sets one append's result; a later result for the same append is ignored.
    pub(super) fn set(&self, index: usize, result: AppendResult) {
        let mut state = self.state.lock();
        let Some(slot) = state.results.get_mut(index) else {
            return;
        };
        if slot.is_some() {
            return;
        }
        *slot = Some(result);
        state.missing -= 1;
        if state.missing == 0 {
            self.complete.notify_one();
        }
    }

    /// Whether nobody waits for the results any more.
    pub(super) fn is_abandoned(&self) -> bool {
        self.state.lock().abandoned
    }

    /// Waits for all results; those that are missing at the deadline become
    /// `REQUEST_TIMED_OUT`, though the records may still be committed.
    pub(crate) async fn wait(self: Arc<Self>, deadline: Instant) -> Vec<AppendResult> {
        let guard = Waiter(&self);
        if self.state.lock().missing > 0 {
            let _ = tokio::time::timeout_at(deadline, self.complete.notified()).await;
        }
        let results = std::mem::take(&mut self.state.lock().results);
        drop(guard);
        let timed_out = || Err(AppendFailure::new(ErrorCode::RequestTimedOut));
        results
            .into_iter()
            .map(|result| result.unwrap_or_else(timed_out))
            .collect()
    }
}

/// Marks the appends as abandoned when the waiting ends, however it ends.
struct Waiter<'a>(&'a PendingAppend);

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.0.state.lock().abandoned = true;
    }
}

/// The one place where refused appends become Kafka's codes.
fn append_error_code(error: &AppendError) -> ErrorCode {
    match error {
        AppendError::CorruptMessage(_) => ErrorCode::CorruptMessage,
        AppendError::RecordTooLarge { .. } => ErrorCode::MessageTooLarge,
        AppendError::RecordBatchTooLarge { .. } => ErrorCode::RecordListTooLarge,
        AppendError::UnsupportedForMessageFormat(_) => ErrorCode::UnsupportedForMessageFormat,
        AppendError::InvalidRecord { .. } => ErrorCode::InvalidRecord,
        AppendError::InvalidTimestamp { .. } => ErrorCode::InvalidTimestamp,
        AppendError::OutOfOrderSequence(_) => ErrorCode::OutOfOrderSequenceNumber,
        AppendError::DuplicateSequence(_) => ErrorCode::DuplicateSequenceNumber,
        AppendError::InvalidProducerEpoch(_) => ErrorCode::InvalidProducerEpoch,
        AppendError::UnknownProducerId(_) => ErrorCode::UnknownProducerId,
        AppendError::InvalidTxnState(_) => ErrorCode::InvalidTxnState,
        AppendError::TransactionCoordinatorFenced(_) => ErrorCode::TransactionCoordinatorFenced,
        AppendError::UnsupportedCompressionType(_) => ErrorCode::UnsupportedCompressionType,
        AppendError::OffsetGap { .. } => ErrorCode::UnknownServerError,
        AppendError::Storage(error) => storage_error_code(error),
    }
}

/// The one place where failures of storage become Kafka's codes.
pub(crate) fn storage_error_code(error: &StorageError) -> ErrorCode {
    match error {
        StorageError::OffsetOutOfRange { .. } => ErrorCode::OffsetOutOfRange,
        StorageError::InconsistentTopicId { .. } => ErrorCode::InconsistentTopicId,
        StorageError::Io { .. }
        | StorageError::Corrupt { .. }
        | StorageError::Poisoned(_)
        | StorageError::Locked(_)
        | StorageError::Offline { .. }
        | StorageError::WrongDirectory { .. }
        | StorageError::AlreadyExists(_)
        | StorageError::NotFound(_) => ErrorCode::KafkaStorageError,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use highwater_types::TimestampMs;

    use super::*;

    fn info(first: i64) -> AppendInfo {
        AppendInfo {
            first_offset: Offset(first),
            last_offset: Offset(first),
            log_append_time: TimestampMs::NONE,
            log_start_offset: Offset(0),
            duplicate: false,
            records: 1,
            bytes: 70,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_missing_at_the_deadline_timed_out() {
        let pending = PendingAppend::new(2);
        pending.set(1, Ok(info(7)));
        pending.set(1, Ok(info(8)));
        let deadline = Instant::now() + Duration::from_secs(1);
        let results = pending.clone().wait(deadline).await;
        let timed_out = AppendFailure::new(ErrorCode::RequestTimedOut);
        assert_eq!(results, [Err(timed_out), Ok(info(7))]);
        assert!(pending.is_abandoned());
        pending.set(0, Ok(info(9)));
    }

    #[tokio::test]
    async fn the_last_result_ends_the_waiting() {
        let pending = PendingAppend::new(2);
        let far = Instant::now() + Duration::from_secs(3600);
        let waiting = tokio::spawn(pending.clone().wait(far));
        pending.set(0, Ok(info(0)));
        assert!(!pending.is_abandoned());
        pending.set(1, Ok(info(1)));
        assert_eq!(waiting.await.unwrap(), [Ok(info(0)), Ok(info(1))]);
    }
}
