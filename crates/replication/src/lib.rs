//! Who has which offset, and what is committed.
//!
//! Pure: a core takes events (`on_*`) and says what follows: a leader pushes
//! [`Effect`]s into a buffer that the caller owns, a follower answers with the next
//! [`FollowerStep`], a cursor with the next [`Plan`]. It knows offsets, epochs and ids,
//! never bytes, files, sockets or clocks.
//!
//! - [`PartitionLeader`]: what is committed and who is in sync, at the leader.
//! - [`FollowerCursor`]: what one follower is sent next, at the leader.
//! - [`PartitionFollower`]: what a follower does with it.
//!
//! The protocol as a whole is told in `docs/replication.md`.
//!
//! *Architecture invariant:* nothing here decides when something is flushed or
//! sent; it only says what follows from the fact that it was.

#![forbid(unsafe_code)]

mod commit_rule;
mod cursor;
mod divergence;
mod effect;
mod follower;
mod follower_state;
mod isr;
mod isr_state;
mod lag;
mod leader;
mod log_view;
mod progress;
mod push;

pub use commit_rule::CommitRule;
pub use cursor::{CursorLimits, FollowerCursor, Plan};
pub use effect::{Effect, IsrProposal, IsrRefusal};
pub use follower::{FollowerStep, PartitionFollower, Taken};
pub use isr::{IsrError, IsrSet};
pub use leader::{FollowerReport, LeaderInfo, LeaderSettings, PartitionLeader, ProgressError};
pub use log_view::LogView;
pub use progress::Progress;
pub use push::{Push, PushKind, RejectReason, Rejection};
