//! What brokers and controllers say to each other.
//!
//! A broker speaks to the active controller through a [`ControllerChannel`] and
//! does not know whether the controller lives in its own process. Requests are
//! Kafka's own messages in Kafka's own encoding, carried in an envelope; the
//! cluster's state comes back as a stream of committed metadata records.
//!
//! Between processes it is gRPC: the services of `proto/`, served with
//! [`server::serve`] and reached with [`client::connect`], over the platform's
//! streams, so that a simulated network carries them as well.

#![forbid(unsafe_code)]

pub mod client;
mod controller_channel;
mod identity;
mod incoming;
mod log_limit;
mod node_service;
pub mod proto;
pub mod server;
mod tuning;

pub use controller_channel::{
    ActiveController, ChannelError, ControllerChannel, ControllerRequest, Heartbeats,
    MetadataStream, MetadataUpdate, Registration,
};
pub use identity::{IdentityHeader, NodeIdentity, is_other_cluster};
pub use log_limit::LogLimit;
pub use node_service::identify;
pub use tuning::MESSAGE_BYTES_MAX;
