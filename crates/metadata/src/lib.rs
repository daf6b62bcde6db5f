//! The cluster as data, and every decision a controller takes, without any I/O.
//!
//! A [`MetadataRecord`] is a fact, a [`MetadataImage`] the state that facts add up
//! to, and a [`MetadataDelta`] the difference between two images. The controller's
//! decisions are methods of [`ControllerState`]: they read the image and return
//! records and a response; only replaying records changes an image.
//!
//! *Architecture invariant:* nothing here reads a clock, draws a random number or
//! knows that there is a quorum. Time and entropy are arguments.

#![forbid(unsafe_code)]

pub mod config;
mod control;
pub mod delta;
pub mod image;
mod placement;
mod record;
mod snapshot;
mod transaction;
mod transaction_record;

pub use control::{
    ControllerSettings, ControllerState, Decision, DecisionContext, Fencing, METADATA_VERSION_LEVEL,
};
pub use delta::MetadataDelta;
pub use image::MetadataImage;
pub use placement::{BrokerToUse, PlacementError, place};
pub use record::{MetadataRecord, RecordError};
pub use transaction::TransactionBuffer;
pub use transaction_record::{
    AbortTransactionRecord, BeginTransactionRecord, EndTransactionRecord,
};
