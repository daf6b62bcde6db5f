//! One connection to one broker.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use highwater_platform::{Network, Stream};
use highwater_protocol::messages::{ApiVersionsRequest, ProduceRequest};
use highwater_protocol::wire::Segments;
use highwater_protocol::{ApiKey, ErrorCode, Message, Request, VersionRange, frame};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::error::ClientError;

/// How this client calls itself.
const CLIENT_ID: &str = "highwater-cli";
/// How long connecting may take.
const CONNECT_MAX: Duration = Duration::from_secs(10);
/// How long one answer may take.
const ANSWER_MAX: Duration = Duration::from_secs(60);
/// The longest answer that is read.
const RESPONSE_BYTES_MAX: usize = 256 << 20;

/// A connection whose broker told which versions it serves. One request at a time.
pub struct Connection {
    stream: Box<dyn Stream>,
    address: String,
    next_correlation_id: i32,
    /// What the broker serves, by API key.
    served: BTreeMap<i16, VersionRange>,
    /// False while a request is under way, and after one that failed.
    in_order: bool,
}

impl Connection {
    /// Connects and asks which versions the broker serves.
    pub async fn open(network: &dyn Network, address: &str) -> Result<Self, ClientError> {
        let refused = |reason: String| ClientError::Connect {
            address: address.to_owned(),
            reason,
        };
        let stream = tokio::time::timeout(CONNECT_MAX, network.connect(address))
            .await
            .map_err(|_| refused("no answer".to_owned()))?
            .map_err(|error| refused(error.to_string()))?;
        let mut connection = Self {
            stream,
            address: address.to_owned(),
            next_correlation_id: 0,
            served: BTreeMap::new(),
            in_order: true,
        };
        connection.negotiate().await?;
        Ok(connection)
    }

    /// KIP-511: an older broker answers an unknown version with version 0 and an error.
    async fn negotiate(&mut self) -> Result<(), ClientError> {
        let request = ApiVersionsRequest {
            client_software_name: CLIENT_ID.to_owned(),
            client_software_version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let version = ApiVersionsRequest::VERSIONS.max.min(3);
        let mut response = match self.exchange(&request, version).await {
            Err(ClientError::Decode { .. }) => self.exchange(&request, 0).await?,
            answer => answer?,
        };
        if ErrorCode::from_code(response.error_code) == ErrorCode::UnsupportedVersion {
            response = self.exchange(&request, 0).await?;
        }
        ClientError::check("ApiVersions", response.error_code, None)?;
        self.served = response
            .api_keys
            .iter()
            .map(|api| {
                let range = VersionRange {
                    min: api.min_version,
                    max: api.max_version,
                };
                (api.api_key, range)
            })
            .collect();
        Ok(())
    }

    /// Whether another request may follow.
    pub fn is_usable(&self) -> bool {
        self.in_order
    }

    /// The newest version that both sides know.
    pub fn version_of<R: Request>(&self) -> Result<i16, ClientError> {
        let unsupported = ClientError::UnsupportedVersion { api: R::NAME };
        let Some(served) = self.served.get(&R::KEY.code()) else {
            return Err(unsupported);
        };
        let version = served.max.min(R::VERSIONS.max);
        if served.contains(version) && R::VERSIONS.contains(version) {
            Ok(version)
        } else {
            Err(unsupported)
        }
    }

    /// Sends a request and waits for its answer.
    pub async fn call<R: Request>(&mut self, request: &R) -> Result<R::Response, ClientError> {
        let version = self.version_of::<R>()?;
        self.exchange(request, version).await
    }

    async fn exchange<R: Request>(
        &mut self,
        request: &R,
        version: i16,
    ) -> Result<R::Response, ClientError> {
        let correlation_id = self.next_correlation_id;
        self.next_correlation_id = self.next_correlation_id.wrapping_add(1);
        let frame = frame::encode_request(version, correlation_id, Some(CLIENT_ID), request)?;
        self.in_order = false;
        let answer = tokio::time::timeout(ANSWER_MAX, self.send_and_receive(frame)).await;
        let answer = answer.map_err(|_| ClientError::TimedOut {
            address: self.address.clone(),
            seconds: ANSWER_MAX.as_secs(),
        })??;
        let decoded = frame::decode_response::<R>(answer, version);
        self.in_order = true;
        let (answered, response) = decoded.map_err(|source| ClientError::Decode {
            address: self.address.clone(),
            source,
        })?;
        if answered != correlation_id {
            self.in_order = false;
            return Err(self.lost("an answer came out of order"));
        }
        Ok(response)
    }

    /// Sends records without waiting: `acks=0` has no answer.
    pub async fn send_only(&mut self, request: &ProduceRequest) -> Result<(), ClientError> {
        let version = self.version_of::<ProduceRequest>()?;
        debug_assert_eq!(ProduceRequest::API_KEY, Some(ApiKey::Produce));
        let correlation_id = self.next_correlation_id;
        self.next_correlation_id = self.next_correlation_id.wrapping_add(1);
        let mut frame = frame::encode_request(version, correlation_id, Some(CLIENT_ID), request)?;
        self.in_order = false;
        let sent = self.stream.write_all_buf(&mut frame).await;
        sent.map_err(|error| self.lost(&error.to_string()))?;
        self.in_order = true;
        Ok(())
    }

    async fn send_and_receive(&mut self, mut frame: Segments) -> Result<Bytes, ClientError> {
        let sent = self.stream.write_all_buf(&mut frame).await;
        sent.map_err(|error| self.lost(&error.to_string()))?;
        let flushed = self.stream.flush().await;
        flushed.map_err(|error| self.lost(&error.to_string()))?;
        let length = self.stream.read_i32().await;
        let length = length.map_err(|error| self.lost(&error.to_string()))?;
        let length = usize::try_from(length)
            .ok()
            .filter(|length| *length <= RESPONSE_BYTES_MAX)
            .ok_or_else(|| self.lost("this is not Kafka's protocol"))?;
        let mut answer = BytesMut::zeroed(length);
        let read = self.stream.read_exact(&mut answer).await;
        read.map_err(|error| self.lost(&error.to_string()))?;
        Ok(answer.freeze())
    }

    fn lost(&self, reason: &str) -> ClientError {
        ClientError::Lost {
            address: self.address.clone(),
            reason: reason.to_owned(),
        }
    }
}
