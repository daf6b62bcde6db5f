//! Byte streams from clients: framing, limits, and answers in order.
//!
//! Nothing here knows a Kafka API: a frame goes to a [`FrameHandler`], and what it
//! answers goes back in the order of the requests.

mod acceptor;
mod admission;
mod connection;
mod frame_buffer;
mod handler;
mod outbox;
mod slots;
#[cfg(test)]
mod tests;

pub(crate) use acceptor::{BoundListener, SocketServer};
pub(crate) use handler::{FrameHandler, Peer, Reply, Started};
