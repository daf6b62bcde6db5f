//! The links to all other brokers.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashMap;
use highwater_platform::Platform;
use highwater_types::{LeaderEpoch, NodeId};
use parking_lot::Mutex;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::directory::PeerDirectory;
use super::inbox::{Change, LinkInbox, NewsFlags};
use super::peer_link::PeerLink;
use crate::replica::command::Command;
use crate::replica::{Partition, ReplicaConfig};

/// What happened to a partition that its followers should hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// The log grew: sent at once.
    Records,
    /// The high watermark or the log start moved: sent within a few milliseconds,
    /// or with the next records.
    Watermark,
}

/// What every link needs.
pub(super) struct LinkPorts {
    pub(super) platform: Platform,
    pub(super) config: ReplicaConfig,
    pub(super) workers: Vec<mpsc::Sender<Command>>,
    /// None until the broker knows who it is.
    pub(super) directory: watch::Receiver<Option<Arc<PeerDirectory>>>,
}

/// One link for each other broker that has a replica of what is led here.
///
/// Lives as long as the replica manager, which stops it. Its methods are called by the
/// partitions' workers in the middle of their turns: they never wait, and take no lock
/// that another worker holds for long.
pub(crate) struct PeerLinks {
    ports: Arc<LinkPorts>,
    attach: watch::Sender<Option<Arc<PeerDirectory>>>,
    /// By worker, so that workers do not meet.
    led: Vec<Mutex<HashMap<u64, Led>>>,
    links: Mutex<Links>,
}

#[derive(Default)]
struct Links {
    inboxes: BTreeMap<NodeId, Arc<LinkInbox>>,
    tasks: JoinSet<()>,
    stopped: bool,
}

struct Led {
    leader_epoch: LeaderEpoch,
    followers: Vec<Follower>,
}

#[derive(Clone)]
struct Follower {
    node: NodeId,
    inbox: Arc<LinkInbox>,
    flags: Arc<NewsFlags>,
}

impl PeerLinks {
    /// Links begin to work with [`PeerLinks::attach`].
    pub(crate) fn new(
        platform: Platform,
        config: ReplicaConfig,
        workers: Vec<mpsc::Sender<Command>>,
    ) -> Self {
        let (attach, directory) = watch::channel(None);
        Self {
            led: workers.iter().map(|_| Mutex::default()).collect(),
            ports: Arc::new(LinkPorts {
                platform,
                config,
                workers,
                directory,
            }),
            attach,
            links: Mutex::default(),
        }
    }

    /// Says where the other brokers are.
    pub(crate) fn attach(&self, directory: PeerDirectory) {
        self.attach.send_replace(Some(Arc::new(directory)));
    }

    /// Pushes a partition to `followers` (all replicas but this broker's, in sync or
    /// not) from now on. Called again for each leader epoch and whenever the replicas
    /// change; in the same epoch, followers that stay keep their place.
    pub(crate) fn lead(
        &self,
        partition: &Arc<Partition>,
        leader_epoch: LeaderEpoch,
        followers: &[NodeId],
    ) {
        let Some(led) = self.led.get(partition.worker) else {
            return;
        };
        let mut led = led.lock();
        let before = led.remove(&partition.number);
        let same_epoch = before
            .as_ref()
            .is_some_and(|b| b.leader_epoch == leader_epoch);
        let before = before.map_or(Vec::new(), |before| before.followers);
        let (kept, left): (Vec<_>, Vec<_>) = before
            .into_iter()
            .partition(|old| same_epoch && followers.contains(&old.node));
        for old in left.iter().filter(|old| !followers.contains(&old.node)) {
            let number = partition.number;
            old.inbox.change(Change::Unlead { number });
        }
        let follow = |node: &NodeId| {
            if let Some(kept) = kept.iter().find(|kept| kept.node == *node) {
                return kept.clone();
            }
            let flags = Arc::new(NewsFlags::default());
            let inbox = self.inbox(*node);
            inbox.change(Change::Lead {
                partition: partition.clone(),
                leader_epoch,
                flags: flags.clone(),
            });
            Follower {
                node: *node,
                inbox,
                flags,
            }
        };
        let followers: Vec<_> = followers.iter().map(follow).collect();
        if !followers.is_empty() {
            let now_led = Led {
                leader_epoch,
                followers,
            };
            led.insert(partition.number, now_led);
        }
    }

    /// Stops pushing a partition. Does nothing if it is not led.
    pub(crate) fn unlead(&self, partition: &Partition) {
        let number = partition.number;
        let led = self.led.get(partition.worker);
        let Some(led) = led.and_then(|led| led.lock().remove(&number)) else {
            return;
        };
        for follower in led.followers {
            follower.inbox.change(Change::Unlead { number });
        }
    }

    /// Tells the links that there is something to send. Cheap: many calls before a
    /// link looks cost one wake-up.
    pub(crate) fn wake(&self, partition: &Partition, news: News) {
        let Some(led) = self.led.get(partition.worker) else {
            return;
        };
        if let Some(led) = led.lock().get(&partition.number) {
            for follower in &led.followers {
                follower.inbox.tell(partition.number, &follower.flags, news);
            }
        }
    }

    /// Ends all links at once.
    pub(crate) fn stop(&self) {
        let mut links = self.links.lock();
        links.stopped = true;
        links.tasks.abort_all();
    }

    /// The link to a peer, which is started if there is none yet.
    fn inbox(&self, node: NodeId) -> Arc<LinkInbox> {
        let mut links = self.links.lock();
        if let Some(inbox) = links.inboxes.get(&node) {
            return inbox.clone();
        }
        let inbox = Arc::<LinkInbox>::default();
        links.inboxes.insert(node, inbox.clone());
        if !links.stopped {
            let link = PeerLink::new(node, inbox.clone(), self.ports.clone());
            links.tasks.spawn(link.run());
        }
        inbox
    }
}
