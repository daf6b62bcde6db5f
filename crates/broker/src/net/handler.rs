//! Between a connection and what answers its requests.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use highwater_protocol::wire::Segments;

/// Who is at the other end of a connection, and where it came in.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub address: SocketAddr,
    /// The listener's name.
    pub listener: Arc<str>,
}

/// Answers requests.
pub(crate) trait FrameHandler: Send + Sync + 'static {
    /// Starts on a request: the bytes of one frame without its length.
    ///
    /// The connection begins its next request when the future is done, so requests
    /// take effect in their order, and goes on to take replies in that order.
    fn start(&self, frame: Bytes, peer: &Peer) -> BoxFuture<'static, Started>;
}

/// How far a request came before the next one may begin.
pub(crate) enum Started {
    Done(Reply),
    /// The rest only waits: it makes its progress elsewhere and needs no polling
    /// until it is done.
    Later(BoxFuture<'static, Reply>),
}

/// What goes back to the client.
#[derive(Debug)]
pub(crate) enum Reply {
    Frame(ReplyFrame),
    /// The client wants no answer.
    Nothing,
    /// The connection is closed once earlier answers are sent; the reason is for
    /// the log.
    Close(String),
}

/// A response with its length in front, as slices in a row.
pub(crate) type ReplyFrame = Segments;
