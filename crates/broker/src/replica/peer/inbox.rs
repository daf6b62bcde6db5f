//! What a link hears from the partitions' workers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use highwater_types::LeaderEpoch;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::peer_links::News;
use crate::replica::Partition;

/// A link's letter box. Workers put in, the link takes everything at once.
///
/// Bounded by the number of partitions: each is in each list once, until it is taken.
#[derive(Default)]
pub(super) struct LinkInbox {
    letters: Mutex<Letters>,
    news: Notify,
}

#[derive(Default)]
struct Letters {
    changes: Vec<Change>,
    records: Vec<u64>,
    watermarks: Vec<u64>,
}

/// Another partition to push, or one less.
pub(super) enum Change {
    Lead {
        partition: Arc<Partition>,
        leader_epoch: LeaderEpoch,
        flags: Arc<NewsFlags>,
    },
    Unlead {
        number: u64,
    },
}

/// Which news of one partition wait in one inbox.
#[derive(Default)]
pub(super) struct NewsFlags(AtomicU8);

const RECORDS: u8 = 1;
const WATERMARK: u8 = 2;

/// What a link takes out at once.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) changes: Vec<Change>,
    /// Partitions whose log grew.
    pub(super) records: Vec<u64>,
    /// Whether there are partitions for [`LinkInbox::take_watermarks`].
    pub(super) has_watermarks: bool,
}

impl NewsFlags {
    /// Whether this is not waiting already.
    fn raise(&self, flag: u8) -> bool {
        self.0.fetch_or(flag, Ordering::AcqRel) & flag == 0
    }

    /// To be called before the log is looked at, so that what comes later is told again.
    pub(super) fn lower(&self, news: News) {
        self.0.fetch_and(!flag_of(news), Ordering::AcqRel);
    }
}

fn flag_of(news: News) -> u8 {
    match news {
        News::Records => RECORDS,
        News::Watermark => WATERMARK,
    }
}

impl LinkInbox {
    pub(super) fn change(&self, change: Change) {
        self.letters.lock().changes.push(change);
        self.news.notify_one();
    }

    /// Notes news of a partition. Watermarks alone wake the link once, and then not
    /// again until it has taken them.
    pub(super) fn tell(&self, number: u64, flags: &NewsFlags, news: News) {
        if !flags.raise(flag_of(news)) {
            return;
        }
        let is_first = {
            let mut letters = self.letters.lock();
            let list = match news {
                News::Records => &mut letters.records,
                News::Watermark => &mut letters.watermarks,
            };
            list.push(number);
            list.len() == 1
        };
        if is_first {
            self.news.notify_one();
        }
    }

    /// Takes everything but the watermarks, which can wait.
    pub(super) fn take(&self) -> Taken {
        let mut letters = self.letters.lock();
        Taken {
            changes: std::mem::take(&mut letters.changes),
            records: std::mem::take(&mut letters.records),
            has_watermarks: !letters.watermarks.is_empty(),
        }
    }

    pub(super) fn take_watermarks(&self) -> Vec<u64> {
        std::mem::take(&mut self.letters.lock().watermarks)
    }

    /// Sleeps until something came in since the last call.
    pub(super) async fn received(&self) {
        self.news.notified().await;
    }
}
