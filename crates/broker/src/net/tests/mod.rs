//! Connections and listeners, with a handler that does what the frame says.

mod connection;
mod server;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use highwater_protocol::wire::Segments;
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::oneshot;

use super::{FrameHandler, Peer, Reply, Started};

/// A frame is 7 bytes of nothing, one byte for what to do, and an id.
pub(super) fn frame(what: u8, id: u8) -> Vec<u8> {
    sized_frame(what, id, 9)
}

/// The same with more bytes behind it.
pub(super) fn sized_frame(what: u8, id: u8, length: usize) -> Vec<u8> {
    let mut bytes = (length as u32).to_be_bytes().to_vec();
    bytes.extend_from_slice(&[0; 7]);
    bytes.extend_from_slice(&[what, id]);
    bytes.resize(4 + length, 0);
    bytes
}

/// Answers at once.
pub(super) const NOW: u8 = b'n';
/// Takes effect at once, is answered when released.
pub(super) const LATER: u8 = b'l';
/// Takes effect and is answered when released.
pub(super) const SLOW: u8 = b's';
/// Wants no answer.
pub(super) const SILENT: u8 = b'q';
/// Can not be understood.
pub(super) const WRONG: u8 = b'w';
/// Answers at once with a mebibyte.
pub(super) const LARGE: u8 = b'L';

#[derive(Default)]
pub(super) struct TestHandler {
    pub started: AtomicUsize,
    pub done: AtomicUsize,
    gates: Mutex<BTreeMap<u8, Gate>>,
}

#[derive(Default)]
struct Gate {
    open: Option<oneshot::Sender<()>>,
    wait: Option<oneshot::Receiver<()>>,
}

impl TestHandler {
    fn gate<T>(&self, id: u8, take: impl FnOnce(&mut Gate) -> T) -> T {
        let mut gates = self.gates.lock();
        take(gates.entry(id).or_insert_with(|| {
            let (open, wait) = oneshot::channel();
            Gate {
                open: Some(open),
                wait: Some(wait),
            }
        }))
    }

    /// Lets the request with this id go on.
    pub(super) fn release(&self, id: u8) {
        let open = self.gate(id, |gate| gate.open.take());
        // Nobody waits if the connection is gone.
        let _ = open.expect("released once").send(());
    }

    fn wait(&self, id: u8) -> BoxFuture<'static, ()> {
        let wait = self.gate(id, |gate| gate.wait.take());
        wait.expect("waited for once").map(|_| ()).boxed()
    }

    pub(super) fn started(&self) -> usize {
        self.started.load(Ordering::SeqCst)
    }

    pub(super) fn done(&self) -> usize {
        self.done.load(Ordering::SeqCst)
    }
}

fn answer(id: u8) -> Reply {
    reply(&[&[0, 0, 0, 1], &[id]])
}

fn reply(parts: &[&[u8]]) -> Reply {
    let mut frame = Segments::default();
    for part in parts {
        frame.push(Bytes::copy_from_slice(part));
    }
    Reply::Frame(frame)
}

/// The handler as connections hold it.
pub(super) struct Shared(pub Arc<TestHandler>);

impl FrameHandler for Shared {
    fn start(&self, frame: Bytes, _: &Peer) -> BoxFuture<'static, Started> {
        let handler = self.0.clone();
        handler.started.fetch_add(1, Ordering::SeqCst);
        let (what, id) = (frame[7], frame[8]);
        async move {
            if what == SLOW {
                handler.wait(id).await;
            }
            handler.done.fetch_add(1, Ordering::SeqCst);
            match what {
                LATER => {
                    let released = handler.wait(id);
                    Started::Later(released.map(move |()| answer(id)).boxed())
                }
                SILENT => Started::Done(Reply::Nothing),
                WRONG => Started::Done(Reply::Close("wrong".into())),
                LARGE => {
                    let length = (1u32 << 20).to_be_bytes();
                    Started::Done(reply(&[&length, &vec![id; 1 << 20]]))
                }
                _ => Started::Done(answer(id)),
            }
        }
        .boxed()
    }
}

/// Reads one answer and returns its id.
pub(super) async fn read_answer(stream: &mut (impl AsyncRead + Unpin)) -> u8 {
    let mut bytes = [0; 5];
    stream.read_exact(&mut bytes).await.expect("an answer");
    assert_eq!(bytes[..4], [0, 0, 0, 1]);
    bytes[4]
}

/// Whether the stream ends here.
pub(super) async fn at_end(stream: &mut (impl AsyncRead + Unpin)) -> bool {
    matches!(stream.read(&mut [0]).await, Ok(0) | Err(_))
}

/// Lets every other task run until it waits.
pub(super) async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}
