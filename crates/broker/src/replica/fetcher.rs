//! Reading for consumers: from the logs' readers, never through a worker.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use highwater_protocol::ErrorCode;
use highwater_storage::{AbortedTxn, LogOffsets, ReadError};
use highwater_types::{LeaderEpoch, Offset};
use tokio::time::Instant;

use super::append::storage_error_code;
use super::partition::Partition;
use crate::purgatory::Purgatory;

/// Which records a consumer may see. KIP-98.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Isolation {
    /// Everything committed by replication.
    ReadUncommitted,
    /// Only what is below every open transaction.
    ReadCommitted,
}

/// One fetch request's limits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FetchParams {
    pub max_wait: Duration,
    /// Bytes that are worth an answer before `max_wait` is over.
    pub min_bytes: usize,
    /// Bytes in total; one batch may exceed it. KIP-74.
    pub max_bytes: usize,
    pub isolation: Isolation,
}

/// One partition that a fetch reads.
#[derive(Clone, Debug)]
pub(crate) struct FetchTarget {
    /// The partition, or what to answer instead.
    pub partition: Result<Arc<Partition>, ErrorCode>,
    pub fetch_offset: Offset,
    pub max_bytes: usize,
    /// [`LeaderEpoch::UNKNOWN`] if the consumer did not say.
    pub current_leader_epoch: LeaderEpoch,
    /// [`LeaderEpoch::UNKNOWN`] if the consumer did not say.
    pub last_fetched_epoch: LeaderEpoch,
}

/// What was read of one partition.
#[derive(Clone, Debug)]
pub(crate) struct FetchedPartition {
    pub error: ErrorCode,
    /// `None` with most errors.
    pub offsets: Option<LogOffsets>,
    /// Whole batches, in order.
    pub parts: Vec<Bytes>,
    pub size_bytes: usize,
    /// The end of the largest epoch that both logs know, if the consumer's log is
    /// not a prefix of this one. KIP-595.
    pub diverging: Option<(LeaderEpoch, Offset)>,
    /// With [`Isolation::ReadCommitted`]: whose records to skip.
    pub aborted: Option<Vec<AbortedTxn>>,
    next_offset: Offset,
    /// The next batch does not fit any more.
    full: bool,
}

impl Isolation {
    pub(crate) fn from_code(code: i8) -> Self {
        match code {
            0 => Self::ReadUncommitted,
            _ => Self::ReadCommitted,
        }
    }

    /// The end of what may be seen.
    pub(crate) fn visible_end(self, offsets: &LogOffsets) -> Offset {
        match self {
            Self::ReadUncommitted => offsets.high_watermark,
            Self::ReadCommitted => offsets.last_stable,
        }
    }
}

/// Reads `targets` in their order until the limits are reached. If that gives
/// less than `min_bytes`, waits for more until `max_wait` is over; an error or a
/// divergence is answered at once.
pub(super) async fn fetch(
    purgatory: &Arc<Purgatory>,
    params: &FetchParams,
    targets: &[FetchTarget],
) -> Vec<FetchedPartition> {
    let deadline = Instant::now() + params.max_wait;
    let mut fetched: Vec<_> = targets.iter().map(FetchedPartition::new).collect();
    let mut parking = None;
    loop {
        let urgent = read_round(params, targets, &mut fetched);
        let size: usize = fetched.iter().map(|f| f.size_bytes).sum();
        let enough = urgent || targets.is_empty() || size >= params.min_bytes;
        if enough || params.max_wait.is_zero() {
            break;
        }
        let Some(parked) = &parking else {
            let Some(mut place) = purgatory.park() else {
                break;
            };
            for (target, fetched) in targets.iter().zip(&fetched) {
                if let Ok(partition) = &target.partition {
                    place.watch(&partition.waiters, fetched.next_offset);
                }
            }
            parking = Some(place);
            // Look again: data may have come before the watch.
            continue;
        };
        if tokio::time::timeout_at(deadline, parked.woken())
            .await
            .is_err()
        {
            break;
        }
    }
    if params.isolation == Isolation::ReadCommitted {
        for (target, fetched) in targets.iter().zip(&mut fetched) {
            fetched.find_aborted(target);
        }
    }
    fetched
}

/// Reads what came since the last round; whether the fetch must be answered now.
fn read_round(
    params: &FetchParams,
    targets: &[FetchTarget],
    fetched: &mut [FetchedPartition],
) -> bool {
    let size: usize = fetched.iter().map(|f| f.size_bytes).sum();
    let mut budget = params.max_bytes.saturating_sub(size);
    let mut is_first = size == 0;
    let mut urgent = false;
    for (target, fetched) in targets.iter().zip(fetched) {
        let before = fetched.size_bytes;
        if let Err(code) = fetched.advance(target, params.isolation, budget, is_first) {
            fetched.error = code;
        }
        budget = budget.saturating_sub(fetched.size_bytes - before);
        is_first &= fetched.size_bytes == before;
        urgent |= fetched.error != ErrorCode::None || fetched.diverging.is_some();
    }
    urgent
}

impl FetchedPartition {
    fn new(target: &FetchTarget) -> Self {
        Self {
            error: ErrorCode::None,
            offsets: None,
            parts: Vec::new(),
            size_bytes: 0,
            diverging: None,
            aborted: None,
            next_offset: target.fetch_offset,
            full: false,
        }
    }

    /// Reads on, at most `budget` bytes; the first batch of the whole fetch comes
    /// whatever its size.
    fn advance(
        &mut self,
        target: &FetchTarget,
        isolation: Isolation,
        budget: usize,
        is_first: bool,
    ) -> Result<(), ErrorCode> {
        let partition = target.partition.as_ref().map_err(|code| *code)?;
        let epoch = match partition.check_leader(target.current_leader_epoch) {
            Ok(epoch) => epoch,
            // What was read before the change is as true as before.
            Err(_) if self.size_bytes > 0 => return Ok(()),
            Err(code) => return Err(code),
        };
        if self.offsets.is_none() && target.last_fetched_epoch != LeaderEpoch::UNKNOWN {
            self.check_divergence(partition, epoch, target)?;
        }
        let offsets = partition.log.offsets();
        self.offsets = Some(offsets);
        if self.diverging.is_some() {
            return Ok(());
        }
        if target.fetch_offset < offsets.log_start || target.fetch_offset > offsets.log_end {
            self.offsets = None;
            self.drop_records();
            return Err(ErrorCode::OffsetOutOfRange);
        }
        let end = isolation.visible_end(&offsets);
        let limit = target.max_bytes.saturating_sub(self.size_bytes).min(budget);
        if self.next_offset >= end || self.full || (limit == 0 && !is_first) {
            return Ok(());
        }
        let read = partition.log.read(self.next_offset, limit, end, is_first);
        let read = read.map_err(|error| match error {
            ReadError::OffsetOutOfRange { .. } => ErrorCode::OffsetOutOfRange,
            ReadError::Storage(error) => {
                tracing::warn!(partition = %partition.name, %error, "a read failed");
                storage_error_code(&error)
            }
        })?;
        self.full = read.is_empty();
        self.size_bytes += read.size_bytes;
        self.next_offset = read.next_offset;
        self.parts.extend(read.parts);
        Ok(())
    }

    fn drop_records(&mut self) {
        self.parts.clear();
        self.size_bytes = 0;
    }

    fn check_divergence(
        &mut self,
        partition: &Partition,
        leader_epoch: LeaderEpoch,
        target: &FetchTarget,
    ) -> Result<(), ErrorCode> {
        let (epoch, end) = end_of_epoch(partition, leader_epoch, target.last_fetched_epoch);
        if epoch == LeaderEpoch::UNKNOWN || end == Offset::NONE {
            return Err(ErrorCode::OffsetOutOfRange);
        }
        if epoch < target.last_fetched_epoch || end < target.fetch_offset {
            self.diverging = Some((epoch, end));
        }
        Ok(())
    }

    fn find_aborted(&mut self, target: &FetchTarget) {
        if self.error != ErrorCode::None {
            return;
        }
        let mut aborted = Vec::new();
        if let (Ok(partition), true) = (&target.partition, self.size_bytes > 0) {
            match partition
                .log
                .aborted_transactions(target.fetch_offset, self.next_offset)
            {
                Ok(found) => aborted = found,
                Err(error) => {
                    self.error = storage_error_code(&error);
                    self.drop_records();
                }
            }
        }
        self.aborted = Some(aborted);
    }
}

/// The largest epoch not after `epoch`, and where it ends. The leader's own epoch
/// counts from the moment it leads, even before its first append. KIP-101, KIP-279.
pub(crate) fn end_of_epoch(
    partition: &Partition,
    leader_epoch: LeaderEpoch,
    epoch: LeaderEpoch,
) -> (LeaderEpoch, Offset) {
    let log_end = partition.log.offsets().log_end;
    if epoch == leader_epoch {
        return (leader_epoch, log_end);
    }
    let (found, end) = partition.log.end_offset_for_epoch(epoch);
    if found == LeaderEpoch::UNKNOWN && epoch > LeaderEpoch::UNKNOWN && epoch < leader_epoch {
        // Later than every epoch with records: they all end where the leader's begins.
        return (partition.log.latest_epoch().unwrap_or(epoch), log_end);
    }
    (found, end)
}
