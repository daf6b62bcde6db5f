//! A small Kafka client for simulated hosts: one connection, one request at a time.

use std::io;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use highwater_platform::{Network, Stream};
use highwater_protocol::Request;
use highwater_protocol::frame::{decode_response, encode_request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::ports::SimNetwork;

/// How long a client waits for a connection or an answer before it starts anew.
const TIMEOUT: Duration = Duration::from_secs(3);

/// A connection to a broker. After any error it must be dropped.
pub struct Client {
    stream: Box<dyn Stream>,
    correlation_id: AtomicI32,
}

impl Client {
    /// # Errors
    /// When the broker can not be reached in time.
    pub async fn connect(address: &str) -> io::Result<Self> {
        let stream = tokio::time::timeout(TIMEOUT, SimNetwork.connect(address)).await??;
        Ok(Self {
            stream,
            correlation_id: AtomicI32::new(0),
        })
    }

    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    /// When the connection breaks, or nothing comes in time; the outcome is then unknown.
    pub async fn call<R: Request>(&mut self, version: i16, request: &R) -> io::Result<R::Response> {
        let answer = self.exchange(version, request).await;
        if let Err(error) = &answer {
            tracing::debug!(%error, request = R::NAME, "no answer");
        }
        answer
    }

    async fn exchange<R: Request>(&mut self, version: i16, request: &R) -> io::Result<R::Response> {
        let sent = self.send(version, request).await?;
        let frame = tokio::time::timeout(TIMEOUT, self.receive()).await??;
        let (correlation_id, response) =
            decode_response::<R>(frame, version).map_err(io::Error::other)?;
        if correlation_id != sent {
            return Err(io::Error::other("an answer to another request"));
        }
        Ok(response)
    }

    async fn send<R: Request>(&mut self, version: i16, request: &R) -> io::Result<i32> {
        let correlation_id = self.correlation_id.fetch_add(1, Ordering::Relaxed);
        let frame = encode_request(version, correlation_id, Some("simulation"), request)
            .map_err(io::Error::other)?;
        self.stream.write_all(&frame.into_bytes()).await?;
        self.stream.flush().await?;
        Ok(correlation_id)
    }

    async fn receive(&mut self) -> io::Result<Bytes> {
        let len = self.stream.read_i32().await?;
        let mut frame = vec![0; usize::try_from(len).map_err(io::Error::other)?];
        self.stream.read_exact(&mut frame).await?;
        Ok(frame.into())
    }
}
