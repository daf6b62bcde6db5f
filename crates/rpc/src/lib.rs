//! What brokers and controllers say to each other.
//!
//! A broker speaks to the active controller through a [`ControllerChannel`] and
//! does not know whether the controller lives in its own process. Requests are
//! Kafka's own messages in Kafka's own encoding, carried in an envelope; the
//! cluster's state comes back as a stream of committed metadata records.

#![forbid(unsafe_code)]

mod controller_channel;
pub mod proto;

pub use controller_channel::{
    ChannelError, ControllerChannel, ControllerRequest, MetadataStream, MetadataUpdate,
};
