//! What goes to one peer next, over all partitions.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use hashbrown::HashMap;
use highwater_replication::{CursorLimits, FollowerCursor, FollowerReport, LogView, Plan, Push};
use highwater_storage::{LogReader, ReadError, ReadResult};
use highwater_types::{BrokerEpoch, LeaderEpoch, Offset, PartitionIndex, TopicId};

use super::cold_read::{ColdRead, ColdResult};
use super::draft::{Draft, PushItem};
use super::inbox::Change;
use super::leader_view::LeaderView;
use super::peer_links::News;
use super::pushed::{Place, Pushed, Reported, reschedule};
use super::replies::{Reply, ReplyBody};

/// After a read that failed, before it is tried again.
const READ_RETRY: Duration = Duration::from_millis(100);

/// Limits of one link, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct PushLimits {
    /// Of records in one message; the last batch may exceed it.
    pub(super) message_bytes: usize,
    /// Of records that were sent and not acknowledged. A partition that has nothing
    /// under way may go up to twice as far, so that slow ones do not hold back others.
    pub(super) window_bytes: usize,
    /// The part of the window that is for records which come from the disk, so that a
    /// replica that catches up leaves room for those that keep up.
    pub(super) cold_window_bytes: usize,
    /// Reads from the disk at the same time.
    pub(super) cold_reads: usize,
    pub(super) cursor: CursorLimits,
}

/// The cursors of all partitions that one peer follows, and whose turn it is.
///
/// Partitions with something to send wait in a ring and are taken in turn, each up to
/// its own limit in one message. What the tails in memory do not have is read by
/// somebody else, a part of one partition at a time, and joins a later message.
///
/// Invariant: a partition is in the list that its place says, and in no other; the
/// bytes under way are the sum over the cursors.
pub(super) struct PushQueue {
    limits: PushLimits,
    partitions: BTreeMap<u64, Pushed>,
    by_id: HashMap<(TopicId, PartitionIndex), u64>,
    ready: VecDeque<u64>,
    /// Would be ready if the window were not full.
    stalled: Vec<u64>,
    /// Waits for a read from the disk.
    cold: VecDeque<u64>,
    cold_reads_out: usize,
    /// Was read and is not sent yet.
    cold_results: VecDeque<ColdResult>,
    /// Cursors that do nothing until then.
    waiting: BTreeSet<(Duration, u64)>,
    /// Partitions whose news of the watermark are due.
    watermarks: VecDeque<u64>,
    in_flight: usize,
    cold_in_flight: usize,
}

impl PushQueue {
    pub(super) fn new(limits: PushLimits) -> Self {
        Self {
            limits,
            partitions: BTreeMap::new(),
            by_id: HashMap::new(),
            ready: VecDeque::new(),
            stalled: Vec::new(),
            cold: VecDeque::new(),
            cold_reads_out: 0,
            cold_results: VecDeque::new(),
            waiting: BTreeSet::new(),
            watermarks: VecDeque::new(),
            in_flight: 0,
            cold_in_flight: 0,
        }
    }

    /// Whether there is nothing to push at all.
    pub(super) fn is_empty(&self) -> bool {
        self.partitions.is_empty()
    }

    /// Another partition, or one less.
    pub(super) fn on_change(&mut self, change: Change) {
        match change {
            Change::Lead {
                partition,
                leader_epoch,
                flags,
            } => {
                let number = partition.number;
                self.remove(number);
                let id = (partition.topic_id, partition.name.partition);
                self.by_id.insert(id, number);
                let pushed = Pushed {
                    partition,
                    flags,
                    cursor: FollowerCursor::new(leader_epoch, self.limits.cursor),
                    place: Place::Nowhere,
                    is_cold: false,
                    counted: 0,
                };
                self.partitions.insert(number, pushed);
                self.make_ready(number);
            }
            Change::Unlead { number } => self.remove(number),
        }
    }

    fn remove(&mut self, number: u64) {
        let Some(pushed) = self.partitions.remove(&number) else {
            return;
        };
        self.in_flight -= pushed.counted;
        if pushed.is_cold {
            self.cold_in_flight -= pushed.counted;
        }
        let id = (pushed.partition.topic_id, pushed.partition.name.partition);
        if self.by_id.get(&id) == Some(&number) {
            self.by_id.remove(&id);
        }
        match pushed.place {
            Place::Ready => self.ready.retain(|other| *other != number),
            Place::Stalled => self.stalled.retain(|other| *other != number),
            Place::Cold => self.cold.retain(|other| *other != number),
            Place::Nowhere | Place::Reading => {}
        }
        if let Some(deadline) = pushed.cursor.next_deadline() {
            self.waiting.remove(&(deadline, number));
        }
    }

    /// The log of a partition grew.
    pub(super) fn on_records(&mut self, number: u64) {
        self.make_ready(number);
    }

    /// Followers should hear of the high watermark, with records or without.
    pub(super) fn on_watermarks(&mut self, numbers: Vec<u64>) {
        self.watermarks.extend(numbers);
    }

    fn make_ready(&mut self, number: u64) {
        if let Some(pushed) = self.partitions.get_mut(&number)
            && pushed.place == Place::Nowhere
        {
            pushed.place = Place::Ready;
            self.ready.push_back(number);
        }
    }

    /// A peer's answer; what its partition's worker should know of it.
    pub(super) fn on_reply(
        &mut self,
        reply: &Reply,
        broker_epoch: BrokerEpoch,
        now: Duration,
    ) -> Option<Reported> {
        let number = *self.by_id.get(&(reply.topic_id, reply.partition))?;
        let pushed = self.partitions.get_mut(&number)?;
        if reply.leader_epoch != pushed.cursor.leader_epoch() {
            return None;
        }
        let report = match &reply.body {
            ReplyBody::Acknowledged {
                progress,
                log_start,
            } => {
                let log_end = progress.log_end();
                let log = pushed.partition.log.clone();
                let view = LeaderView::of(&log);
                let cursor = &mut pushed.cursor;
                let before = cursor.next_deadline();
                cursor.on_acknowledged(reply.round, log_end, &view, now);
                let after = cursor.next_deadline();
                reschedule(&mut self.waiting, number, before, after);
                let report = FollowerReport {
                    leader_epoch: reply.leader_epoch,
                    broker_epoch,
                    progress: *progress,
                    log_start: *log_start,
                };
                Some(Reported {
                    worker: pushed.partition.worker,
                    partition: number,
                    report,
                })
            }
            ReplyBody::Rejected(rejection) => {
                let log = pushed.partition.log.clone();
                let view = LeaderView::of(&log);
                let cursor = &mut pushed.cursor;
                let before = cursor.next_deadline();
                cursor.on_rejected(reply.round, rejection, &view, now);
                let after = cursor.next_deadline();
                reschedule(&mut self.waiting, number, before, after);
                None
            }
        };
        self.count(number);
        self.make_ready(number);
        report
    }

    /// The connection broke: everybody begins with a probe again.
    pub(super) fn on_disconnected(&mut self) {
        for number in self.watermarks.drain(..) {
            if let Some(pushed) = self.partitions.get(&number) {
                pushed.flags.lower(News::Watermark);
            }
        }
        let numbers: Vec<_> = self.partitions.keys().copied().collect();
        for number in numbers {
            if let Some(pushed) = self.partitions.get_mut(&number) {
                pushed.cursor.on_disconnected();
            }
            self.count(number);
            self.make_ready(number);
        }
    }

    /// Brings the sums up to date with one cursor.
    fn count(&mut self, number: u64) {
        let Some(pushed) = self.partitions.get_mut(&number) else {
            return;
        };
        let bytes = pushed.cursor.in_flight_bytes();
        self.in_flight = self.in_flight + bytes - pushed.counted;
        if pushed.is_cold {
            self.cold_in_flight = self.cold_in_flight + bytes - pushed.counted;
        }
        pushed.counted = bytes;
        if self.in_flight < self.limits.window_bytes {
            for stalled in std::mem::take(&mut self.stalled) {
                if let Some(pushed) = self.partitions.get_mut(&stalled) {
                    pushed.place = Place::Nowhere;
                }
                self.make_ready(stalled);
            }
        }
    }

    fn set_cold(&mut self, number: u64, is_cold: bool) {
        if let Some(pushed) = self.partitions.get_mut(&number)
            && pushed.is_cold != is_cold
        {
            pushed.is_cold = is_cold;
            match is_cold {
                true => self.cold_in_flight += pushed.counted,
                false => self.cold_in_flight -= pushed.counted,
            }
        }
    }

    /// When [`PushQueue::fill`] may have something without any other event.
    pub(super) fn next_deadline(&self) -> Option<Duration> {
        self.waiting.first().map(|(deadline, _)| *deadline)
    }

    /// The next message; `None` if there is nothing to say now.
    pub(super) fn fill(&mut self, now: Duration) -> Option<Vec<PushItem>> {
        while let Some((deadline, number)) = self.waiting.first().copied()
            && deadline <= now
        {
            self.waiting.pop_first();
            self.make_ready(number);
        }
        let mut draft = Draft::new(self.limits.message_bytes);
        self.add_cold(&mut draft);
        while draft.has_room()
            && let Some(number) = self.ready.pop_front()
        {
            self.add_ready(number, now, &mut draft);
        }
        while draft.has_place()
            && let Some(number) = self.watermarks.pop_front()
        {
            self.add_watermark(number, &mut draft);
        }
        draft.finish()
    }

    /// Takes a partition's turn.
    fn add_ready(&mut self, number: u64, now: Duration, draft: &mut Draft) {
        let is_full = self.in_flight >= self.limits.window_bytes;
        let is_over = self.in_flight >= 2 * self.limits.window_bytes;
        let Some(pushed) = self.partitions.get_mut(&number) else {
            return;
        };
        pushed.place = Place::Nowhere;
        pushed.flags.lower(News::Records);
        let log = pushed.partition.log.clone();
        let view = LeaderView::of(&log);
        let before = pushed.cursor.next_deadline();
        let mut was_hot = false;
        while let Some(plan) = pushed.cursor.next(&view, now) {
            let (from, max_bytes) = match plan {
                Plan::Send(push) => {
                    draft.add(&pushed.partition, push, ReadResult::default());
                    continue;
                }
                Plan::Read { from, max_bytes } => (from, max_bytes.min(draft.room().max(1))),
            };
            if is_over || (is_full && pushed.cursor.in_flight_bytes() > 0) {
                pushed.place = Place::Stalled;
                self.stalled.push(number);
                break;
            }
            match log.read_tail(from, max_bytes, view.log_end(), true) {
                Ok(Some(read)) if !read.is_empty() && pushed.leads() => {
                    let end = read.next_offset;
                    let push = pushed.cursor.append(&view, from, end, read.size_bytes);
                    if let Some(push) = push {
                        draft.add(&pushed.partition, push, read);
                    }
                    was_hot = true;
                    if end < view.log_end() {
                        pushed.place = Place::Ready;
                        self.ready.push_back(number);
                    }
                }
                Ok(None) => {
                    pushed.place = Place::Cold;
                    self.cold.push_back(number);
                }
                // Trimmed at this very moment, or the leadership begins or ends.
                Ok(Some(_)) | Err(_) => {
                    self.waiting.insert((now + READ_RETRY, number));
                }
            }
            break;
        }
        let after = pushed.cursor.next_deadline();
        reschedule(&mut self.waiting, number, before, after);
        if was_hot {
            self.set_cold(number, false);
        }
        self.count(number);
    }

    /// One part of what came from the disk.
    fn add_cold(&mut self, draft: &mut Draft) {
        if self.in_flight >= self.limits.window_bytes {
            return;
        }
        while let Some(read) = self.cold_results.pop_front() {
            let number = read.number;
            let Some(pushed) = self.partitions.get_mut(&number) else {
                continue;
            };
            if !pushed.waits_for(&read) {
                continue;
            }
            pushed.place = Place::Nowhere;
            let log = pushed.partition.log.clone();
            let view = LeaderView::of(&log);
            if let Ok(result) = read.result
                && !result.is_empty()
                && pushed.leads()
            {
                let (end, bytes) = (result.next_offset, result.size_bytes);
                let push = pushed.cursor.append(&view, read.from, end, bytes);
                if let Some(push) = push {
                    draft.add(&pushed.partition, push, result);
                }
            }
            self.set_cold(number, true);
            self.count(number);
            self.make_ready(number);
            return;
        }
    }

    fn add_watermark(&mut self, number: u64, draft: &mut Draft) {
        let Some(pushed) = self.partitions.get_mut(&number) else {
            return;
        };
        pushed.flags.lower(News::Watermark);
        let log = pushed.partition.log.clone();
        if let Some(push) = pushed.cursor.watermark(&LeaderView::of(&log)) {
            draft.add(&pushed.partition, push, ReadResult::default());
        }
    }

    /// A read for somebody to do, if there is room for what it brings.
    pub(super) fn next_cold_read(&mut self, now: Duration) -> Option<ColdRead> {
        loop {
            let out = self.cold_reads_out + self.cold_results.len();
            let is_full = self.cold_in_flight >= self.limits.cold_window_bytes;
            if out >= self.limits.cold_reads || is_full {
                return None;
            }
            let number = self.cold.pop_front()?;
            let Some(pushed) = self.partitions.get_mut(&number) else {
                continue;
            };
            let log = pushed.partition.log.clone();
            if let Some(Plan::Read { from, max_bytes }) =
                pushed.cursor.next(&LeaderView::of(&log), now)
            {
                pushed.place = Place::Reading;
                self.cold_reads_out += 1;
                return Some(ColdRead {
                    number,
                    leader_epoch: pushed.cursor.leader_epoch(),
                    log,
                    from,
                    max_bytes,
                });
            }
            // Something else comes first.
            pushed.place = Place::Nowhere;
            self.make_ready(number);
        }
    }

    /// What a read came to; a failure is answered for the log.
    pub(super) fn on_cold_result(
        &mut self,
        result: ColdResult,
        now: Duration,
    ) -> Option<ReadError> {
        self.cold_reads_out -= 1;
        let pushed = self.partitions.get_mut(&result.number)?;
        if !pushed.waits_for(&result) {
            return None;
        }
        match result.result {
            Ok(_) => {
                self.cold_results.push_back(result);
                None
            }
            Err(error) => {
                pushed.place = Place::Nowhere;
                self.waiting.insert((now + READ_RETRY, result.number));
                Some(error)
            }
        }
    }
}
