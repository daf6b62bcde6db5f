//! Committed records on their way to subscribers.

use std::collections::VecDeque;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream;
use highwater_metadata::MetadataImage;
use highwater_rpc::{MetadataStream, MetadataUpdate};
use highwater_types::Offset;
use tokio::sync::mpsc;

/// Record bytes kept in memory for subscribers that come back.
const RECENT_BYTES_MAX: usize = 4 << 20;
/// Updates that may wait for one subscriber. One that is further behind is let go, and
/// subscribes again from where it is.
const SUBSCRIBER_UPDATES_MAX: usize = 1024;

/// Hands committed batches to subscribers, in order, each as a whole.
///
/// A subscriber gets what it has not seen from the recent batches; if they do not reach
/// back that far, it gets the image first.
pub(crate) struct Publisher {
    recent: VecDeque<Batch>,
    recent_bytes: usize,
    /// Everything after this offset is in `recent`.
    recent_after: Offset,
    /// The last offset that was published.
    last: Offset,
    subscribers: Vec<mpsc::Sender<MetadataUpdate>>,
}

#[derive(Clone)]
struct Batch {
    last_offset: Offset,
    records: Vec<Bytes>,
}

impl Publisher {
    /// A publisher of what comes after `last`.
    pub(crate) fn new(last: Offset) -> Self {
        Self {
            recent: VecDeque::new(),
            recent_bytes: 0,
            recent_after: last,
            last,
            subscribers: Vec::new(),
        }
    }

    /// Sends a committed batch to everybody.
    pub(crate) fn publish(&mut self, last_offset: Offset, records: Vec<Bytes>) {
        assert!(
            last_offset > self.last,
            "published {last_offset} after {}",
            self.last
        );
        self.last = last_offset;
        let batch = Batch {
            last_offset,
            records,
        };
        let update = batch.update();
        self.subscribers
            .retain(|subscriber| subscriber.try_send(update.clone()).is_ok());
        self.recent_bytes += batch.bytes();
        self.recent.push_back(batch);
        while self.recent_bytes > RECENT_BYTES_MAX {
            let Some(oldest) = self.recent.pop_front() else {
                break;
            };
            self.recent_bytes -= oldest.bytes();
            self.recent_after = oldest.last_offset;
        }
    }

    /// Sends everybody a new whole state, as after a snapshot of the leader.
    pub(crate) fn publish_snapshot(&mut self, image: &MetadataImage) {
        self.recent.clear();
        self.recent_bytes = 0;
        self.recent_after = image.last_offset();
        self.last = image.last_offset();
        if self.subscribers.is_empty() {
            return;
        }
        let Some(update) = snapshot_update(image) else {
            self.end();
            return;
        };
        self.subscribers
            .retain(|subscriber| subscriber.try_send(update.clone()).is_ok());
    }

    /// A stream of what comes after `last_seen`; `image` is the committed state.
    pub(crate) fn subscribe(&mut self, last_seen: Offset, image: &MetadataImage) -> MetadataStream {
        let newest = self.last.max(image.last_offset());
        let known = self.recent_after <= last_seen && last_seen <= newest;
        // Who has seen nothing gets the whole state even if all records are still here: it
        // would take a topic that is created later in them for one that is gone.
        let first: Vec<MetadataUpdate> = if known && last_seen != Offset::NONE {
            let unseen = self
                .recent
                .iter()
                .filter(|batch| batch.last_offset > last_seen);
            unseen.map(Batch::update).collect()
        } else {
            match snapshot_update(image) {
                Some(update) => vec![update],
                None => return stream::empty().boxed(),
            }
        };
        let (subscriber, updates) = mpsc::channel(SUBSCRIBER_UPDATES_MAX);
        self.subscribers.push(subscriber);
        let live = stream::unfold(updates, |mut updates| async move {
            updates.recv().await.map(|update| (update, updates))
        });
        stream::iter(first).chain(live).boxed()
    }

    /// Ends all streams.
    pub(crate) fn end(&mut self) {
        self.subscribers.clear();
    }
}

impl Batch {
    fn update(&self) -> MetadataUpdate {
        MetadataUpdate::Records {
            last_offset: self.last_offset,
            records: self.records.clone(),
        }
    }

    fn bytes(&self) -> usize {
        // What a small record costs beside its bytes counts as well.
        self.records.iter().map(|record| record.len() + 64).sum()
    }
}

/// The image as an update; `None` if it can not be encoded, which the log would have refused.
fn snapshot_update(image: &MetadataImage) -> Option<MetadataUpdate> {
    let mut records = Vec::new();
    for record in image.to_records() {
        match record.encode() {
            Ok(bytes) => records.push(bytes),
            Err(error) => {
                tracing::error!(record = record.name(), %error, "the metadata image can not be encoded");
                return None;
            }
        }
    }
    Some(MetadataUpdate::Snapshot {
        last_offset: image.last_offset(),
        records,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    fn record(length: usize) -> Vec<Bytes> {
        vec![Bytes::from(vec![0; length])]
    }

    /// What a stream has ready, by kind and offset.
    fn ready(stream: &mut MetadataStream) -> Vec<(char, i64)> {
        let mut ready = Vec::new();
        while let Some(Some(update)) = stream.next().now_or_never() {
            ready.push(match update {
                MetadataUpdate::Snapshot { last_offset, .. } => ('s', last_offset.get()),
                MetadataUpdate::Records { last_offset, .. } => ('r', last_offset.get()),
            });
        }
        ready
    }

    fn image_at(offset: i64) -> MetadataImage {
        let mut image = MetadataImage::empty();
        image.set_last_offset(Offset(offset));
        image
    }

    #[test]
    fn a_subscriber_gets_what_it_has_not_seen() {
        let mut publisher = Publisher::new(Offset(4));
        publisher.publish(Offset(5), record(1));
        publisher.publish(Offset(8), record(1));
        let mut all = publisher.subscribe(Offset::NONE, &image_at(8));
        let mut some = publisher.subscribe(Offset(5), &image_at(8));
        let mut ahead = publisher.subscribe(Offset(99), &image_at(8));
        publisher.publish(Offset(9), record(1));
        assert_eq!(ready(&mut all), [('s', 8), ('r', 9)]);
        assert_eq!(ready(&mut some), [('r', 8), ('r', 9)]);
        assert_eq!(ready(&mut ahead), [('s', 8), ('r', 9)]);
    }

    #[test]
    fn old_batches_are_let_go() {
        let mut publisher = Publisher::new(Offset::NONE);
        for offset in 0..3 {
            publisher.publish(Offset(offset), record(RECENT_BYTES_MAX / 2));
        }
        assert_eq!(
            ready(&mut publisher.subscribe(Offset(0), &image_at(2))),
            [('s', 2)]
        );
        assert_eq!(
            ready(&mut publisher.subscribe(Offset(1), &image_at(2))),
            [('r', 2)]
        );
        assert_eq!(ready(&mut publisher.subscribe(Offset(2), &image_at(2))), []);
    }

    #[test]
    fn a_subscriber_that_does_not_listen_is_let_go() {
        let mut publisher = Publisher::new(Offset::NONE);
        let stream = publisher.subscribe(Offset::NONE, &image_at(-1));
        for offset in 0..=SUBSCRIBER_UPDATES_MAX as i64 {
            publisher.publish(Offset(offset), record(1));
        }
        let all = stream.collect::<Vec<_>>().now_or_never();
        // The state at the beginning comes on top.
        let expected = Some(SUBSCRIBER_UPDATES_MAX + 1);
        assert_eq!(all.map(|updates| updates.len()), expected);
    }
}
