//! Which brokers are still there, found out faster than by their silence.

use highwater_rpc::Registration;

/// One stream of heartbeats to this controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StreamId(pub(crate) u64);

/// What happens to streams of heartbeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StreamEvent {
    Opened(StreamId, Registration),
    Ended(StreamId),
}
