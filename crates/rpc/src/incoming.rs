//! Accepted connections, once it is clear that they speak HTTP/2.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes};
use futures::FutureExt;
use futures::future::Shared;
use highwater_platform::{Listener, Stream};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tonic::transport::server::{Connected, TcpConnectInfo};

use crate::log_limit::LogLimit;

/// What every HTTP/2 client sends first.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// How long a peer may take to send it.
const PREFACE_TIMEOUT: Duration = Duration::from_secs(5);
/// After an accept failed, as it does when there are no file descriptors left.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// Resolves when all connections are to end at once.
pub(crate) type Cut = Shared<oneshot::Receiver<()>>;

/// Accepts connections of one listener and passes those on that speak HTTP/2.
pub(crate) struct Acceptor {
    pub(crate) listener: Box<dyn Listener>,
    /// Its name, for logs.
    pub(crate) name: Arc<str>,
    pub(crate) connections: Arc<Semaphore>,
    pub(crate) cut: Cut,
    pub(crate) accepted: mpsc::Sender<io::Result<PeerStream>>,
}

impl Acceptor {
    /// Runs until it is dropped.
    pub(crate) async fn run(mut self) {
        let crowded = LogLimit::default();
        let failed = LogLimit::default();
        let strangers = Arc::new(LogLimit::default());
        loop {
            let (stream, peer) = match self.listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    failed.warn(|more| {
                        tracing::warn!(listener = %self.name, %error, more, "a connection can not be accepted");
                    });
                    tokio::time::sleep(ACCEPT_RETRY).await;
                    continue;
                }
            };
            let Ok(permit) = self.connections.clone().try_acquire_owned() else {
                crowded.warn(|more| {
                    tracing::warn!(listener = %self.name, %peer, more, "refused a connection: there are too many");
                });
                continue;
            };
            let greeting = Greeting {
                peer,
                name: self.name.clone(),
                strangers: strangers.clone(),
                accepted: self.accepted.clone(),
            };
            tokio::spawn(greeting.run(stream, permit, self.cut.clone()));
        }
    }
}

/// The first bytes of one connection.
struct Greeting {
    peer: SocketAddr,
    name: Arc<str>,
    strangers: Arc<LogLimit>,
    accepted: mpsc::Sender<io::Result<PeerStream>>,
}

impl Greeting {
    async fn run(self, mut inner: Box<dyn Stream>, permit: OwnedSemaphorePermit, cut: Cut) {
        let read = tokio::time::timeout(PREFACE_TIMEOUT, read_preface(&mut inner));
        let preface = tokio::select! {
            biased;
            _ = cut.clone() => return,
            preface = read => preface,
        };
        match preface {
            Ok(Ok(())) => {
                let stream = PeerStream {
                    inner,
                    prefix: Bytes::from_static(PREFACE),
                    cut,
                    peer: self.peer,
                    _permit: permit,
                };
                let _ = self.accepted.send(Ok(stream)).await;
            }
            // Whoever only looks whether the port is open does no harm.
            Ok(Err(Stranger::Left)) => {}
            Ok(Err(Stranger::Speaks(first))) => self.strangers.warn(|more| {
                let protocol = protocol_of(&first);
                tracing::warn!(
                    listener = %self.name, peer = %self.peer, more,
                    "closed a connection: the peer speaks {protocol}, and only nodes of the cluster may connect here"
                );
            }),
            Err(_) => self.strangers.warn(|more| {
                tracing::warn!(
                    listener = %self.name, peer = %self.peer, more,
                    "closed a connection: the peer says nothing"
                );
            }),
        }
    }
}

enum Stranger {
    /// Nothing more comes.
    Left,
    /// The first bytes of something else.
    Speaks(Vec<u8>),
}

async fn read_preface(stream: &mut Box<dyn Stream>) -> Result<(), Stranger> {
    let mut first = [0; PREFACE.len()];
    let mut filled = 0;
    while filled < first.len() {
        let count = stream.read(&mut first[filled..]).await;
        match count {
            Ok(count) if count > 0 => filled += count,
            _ if filled == 0 => return Err(Stranger::Left),
            _ => return Err(Stranger::Speaks(first[..filled].to_vec())),
        }
        if first[..filled] != PREFACE[..filled] {
            return Err(Stranger::Speaks(first[..filled].to_vec()));
        }
    }
    Ok(())
}

/// What somebody is likely to speak, by the first bytes.
fn protocol_of(first: &[u8]) -> &'static str {
    const METHODS: [&[u8]; 6] = [b"GET ", b"POST", b"HEAD", b"PUT ", b"OPTI", b"DELE"];
    match first {
        // A handshake record of any version.
        [0x16, 0x03, ..] => "TLS",
        // A length below 16 MiB, and a key that Kafka has.
        [0, _, _, _, 0, key, ..] if *key < 128 => "Kafka's protocol",
        _ if METHODS.iter().any(|method| first.starts_with(method)) => "HTTP/1",
        _ => "an unknown protocol",
    }
}

/// A connection that began as HTTP/2 does. Ends when the server has been cut off.
pub(crate) struct PeerStream {
    inner: Box<dyn Stream>,
    /// What was read already.
    prefix: Bytes,
    cut: Cut,
    peer: SocketAddr,
    _permit: OwnedSemaphorePermit,
}

impl Connected for PeerStream {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        TcpConnectInfo {
            local_addr: None,
            remote_addr: Some(self.peer),
        }
    }
}

impl PeerStream {
    fn poll_cut(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        match self.cut.poll_unpin(cx) {
            Poll::Pending => Ok(()),
            Poll::Ready(_) => Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }
}

impl AsyncRead for PeerStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll_cut(cx)?;
        if self.prefix.has_remaining() {
            let count = self.prefix.len().min(buf.remaining());
            buf.put_slice(&self.prefix.split_to(count));
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl AsyncWrite for PeerStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
