//! The Kafka server of one node: connections, one file per Kafka API, the replicas
//! that this node hosts, and the follower of the cluster's metadata.
//!
//! Entry points: [`Broker`] starts everything; `api::dispatch` is where a request
//! goes from bytes to its handler; `metadata::reconciler` is where the cluster's
//! decisions become logs on this node's disks.
//!
//! *Architecture invariant:* nothing here creates, deletes or leads a partition
//! because a client asked. Such requests go to the controller, and come back as
//! metadata.
//!
//! *Architecture invariant:* no sockets, files, clocks, random numbers or threads
//! outside the ports, so that a simulation can run this very code.

#![forbid(unsafe_code)]

mod api;
mod broker;
mod config;
mod context;
mod features;
mod fetch_session;
mod internal_topics;
mod listeners;
mod metadata;
mod net;
mod observer;
mod producer_ids;
mod purgatory;
mod replica;
#[cfg(test)]
mod testing;

pub use broker::{Broker, BrokerError};
pub use config::{
    AdvertisedListener, AutoCreateTopics, BrokerConfig, HeartbeatConfig, ListenerConfig,
    NetworkLimits,
};
pub use observer::{BrokerLoad, BrokerObserver, ReplicaView};
pub use replica::ReplicaConfig;
