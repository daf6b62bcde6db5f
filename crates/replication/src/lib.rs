//! Who has which offset, and what is committed.
//!
//! Pure: a core takes events (`on_*`) and pushes [`Effect`]s into a buffer that
//! the caller owns. It knows offsets, epochs and ids, never bytes, files,
//! sockets or clocks.
//!
//! *Architecture invariant:* nothing here decides when something is flushed or
//! sent; it only says what follows from the fact that it was.

#![forbid(unsafe_code)]

mod commit_rule;
mod effect;
mod isr;
mod leader;
mod progress;

pub use commit_rule::CommitRule;
pub use effect::Effect;
pub use isr::{IsrError, IsrSet};
pub use leader::{LeaderInfo, PartitionLeader, ProgressError};
pub use progress::Progress;
