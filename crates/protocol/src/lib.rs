//! Kafka's wire format, pure: frames, API versions, messages and record batches.
//!
//! Messages are plain structs, one file per API in [`messages`], with the
//! fields of all versions; [`Message`] reads and writes them. Nothing here does
//! I/O, and nothing trusts a length or count before it is checked against what
//! was received.

#![forbid(unsafe_code)]

// The derive macro names this crate by its full path.
extern crate self as highwater_protocol;

pub mod api;
pub mod error_code;
pub mod frame;
mod message;
pub mod messages;
pub mod record;
#[cfg(feature = "samples")]
pub mod samples;
pub mod wire;

pub use api::ApiKey;
pub use error_code::ErrorCode;
pub use highwater_protocol_derive::Message;
pub use message::{Message, MetadataRecord, Request, VersionRange};
