//! How replicas on other brokers follow what is led here, and how ours follow theirs.
//!
//! Leaders push. There is one ordered stream for each pair of brokers and
//! direction; it carries all partitions. [`PeerLinks`] is the leader's end,
//! [`FollowerReplies`] the way back from a follower's workers.
//!
//! *Architecture invariant:* nothing here changes a log or decides what is
//! committed; that is done by the partitions' workers, which hear of it as commands.

mod cold_read;
mod directory;
mod draft;
mod inbox;
mod leader_view;
mod messages;
mod peer_link;
mod peer_links;
mod push_queue;
mod pushed;
mod replicate_service;
mod replies;
mod server;
mod wire;

pub(crate) use directory::PeerDirectory;
pub(crate) use messages::Replicate;
pub(crate) use peer_links::{News, PeerLinks};
pub(crate) use replies::FollowerReplies;
pub(crate) use server::ReplicationServer;
