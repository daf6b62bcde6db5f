//! How replicas on other brokers follow what is led here, and how ours follow theirs.
//!
//! Leaders push. There is one ordered stream for each pair of brokers and
//! direction; it carries all partitions. [`PeerLinks`] is the leader's end,
//! [`FollowerReplies`] the way back from a follower's workers.
//!
//! *Architecture invariant:* nothing here changes a log or decides what is
//! committed; that is done by the partitions' workers, which hear of it as commands.

mod messages;
mod peer_links;
mod replies;

pub(crate) use messages::{FollowerReport, RejectReason, Rejection, Replicate, ReplicateKind};
pub(crate) use peer_links::{News, PeerLinks};
pub(crate) use replies::FollowerReplies;
