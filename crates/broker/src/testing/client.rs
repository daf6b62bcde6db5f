//! A client as small as can be.

use std::net::SocketAddr;

use bytes::Bytes;
use highwater_platform::{Network, Stream, TcpNetwork};
use highwater_protocol::Request;
use highwater_protocol::frame::{decode_response, encode_request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// One connection; asks one thing at a time unless told otherwise.
pub(crate) struct Client {
    stream: Box<dyn Stream>,
    correlation_id: i32,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self {
            stream: TcpNetwork
                .connect(&address.to_string())
                .await
                .expect("listening"),
            correlation_id: 0,
        }
    }

    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.expect("open");
    }

    /// Sends a request and returns its correlation id.
    pub(crate) async fn send<R: Request>(&mut self, version: i16, request: &R) -> i32 {
        self.correlation_id += 1;
        let frame = encode_request(version, self.correlation_id, Some("test"), request)
            .expect("fits the version");
        self.send_bytes(&frame.into_bytes()).await;
        self.correlation_id
    }

    /// The next frame; `None` at the end of the stream.
    pub(crate) async fn receive_frame(&mut self) -> Option<Bytes> {
        let length = self.stream.read_u32().await.ok()?;
        let mut frame = vec![0; length as usize];
        self.stream.read_exact(&mut frame).await.ok()?;
        Some(frame.into())
    }

    pub(crate) async fn receive<R: Request>(&mut self, version: i16) -> (i32, R::Response) {
        let frame = self.receive_frame().await.expect("an answer");
        decode_response::<R>(frame, version).expect("a response")
    }

    pub(crate) async fn ask<R: Request>(&mut self, version: i16, request: &R) -> R::Response {
        let sent = self.send(version, request).await;
        let (correlation_id, response) = self.receive::<R>(version).await;
        assert_eq!(correlation_id, sent);
        response
    }
}
