//! The controller: a Raft quorum that keeps the cluster's metadata.
//!
//! [`Controller::start`] opens the metadata log, joins the quorum and, on whichever
//! node the quorum has chosen as its leader, takes decisions. Brokers reach it through
//! a [`highwater_rpc::ControllerChannel`] and follow the committed records.
//!
//! A request goes: `service` reads it → `ControllerState` decides on a state ahead of
//! the quorum → the loop in `controller` proposes the records with the term in which it
//! decided → the quorum's log in `quorum` makes them durable → the state machine applies
//! them → `publisher` sends them to brokers, and the requester is answered.

#![forbid(unsafe_code)]

mod active;
mod channel;
mod config;
mod controller;
mod failure_detector;
mod found_log;
mod observer;
mod publisher;
mod quorum;
mod service;

pub use config::{ControllerConfig, QuorumTimeouts};
pub use controller::Controller;
pub use found_log::{MetadataLogWriter, find_metadata_log};
pub use observer::ControllerObserver;
pub use quorum::types::{VoterEndpoint, VoterId, VoterNode};
