//! Whole clusters under simulated network, disk and clock.
//!
//! The real controller and broker run here, on simulated ports; nothing in them
//! knows. One seed decides everything, so a run can be replayed.

#![forbid(unsafe_code)]

pub mod checker;
mod client;
mod cluster;
mod faults;
pub mod history;
pub mod ports;
mod run;
mod workload;

pub use cluster::Mistake;
pub use faults::Stops;
pub use run::{Report, run};
