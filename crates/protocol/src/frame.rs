//! Frames: the headers of requests and responses, and whole responses.

use bytes::Bytes;

use crate::api::ApiKey;
use crate::message::{Message, Request};
use crate::wire::{DecodeError, EncodeError, Reader, Segments, Writer};

/// What precedes every request's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestHeader {
    /// The API that is called.
    pub api_key: ApiKey,
    /// The version of the request and of its response.
    pub api_version: i16,
    /// Chosen by the client; the response repeats it.
    pub correlation_id: i32,
    /// The client's name for itself, if it gives one.
    pub client_id: Option<String>,
}

impl RequestHeader {
    /// Reads a header: version 1, or 2 for a flexible request. The request's
    /// version is not checked here, since some can be answered though they are
    /// not served. Fails with `UnknownApiKey` for a key that Kafka lacks, after
    /// which nothing more can be read.
    pub fn decode(reader: &mut Reader) -> Result<Self, DecodeError> {
        let code = reader.get_i16()?;
        let api_version = reader.get_i16()?;
        let correlation_id = reader.get_i32()?;
        let api_key = ApiKey::try_from(code).map_err(|_| DecodeError::UnknownApiKey(code))?;
        // Never compact, so that a broker can read the header of an ApiVersions
        // request of any version.
        let client_id = reader.get_nullable_string(false)?;
        if api_key.is_flexible(api_version) {
            reader.get_tagged_fields(|_, _| Ok(false))?;
        }
        Ok(Self {
            api_key,
            api_version,
            correlation_id,
            client_id,
        })
    }

    /// Writes the header, as a client does.
    pub fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.put_i16(self.api_key.code());
        writer.put_i16(self.api_version);
        writer.put_i32(self.correlation_id);
        writer.put_nullable_string(self.client_id.as_deref(), false)?;
        if self.api_key.is_flexible(self.api_version) {
            writer.put_uvarint(0);
        }
        Ok(())
    }
}

/// Writes the header of the response to a request of this API and version:
/// version 1, with tagged fields, if the request is flexible. ApiVersions has
/// version 0 always, so that a client can read it before it knows the broker.
pub fn encode_response_header(
    writer: &mut Writer,
    api_key: ApiKey,
    api_version: i16,
    correlation_id: i32,
) {
    writer.put_i32(correlation_id);
    if has_tagged_response_header(api_key, api_version) {
        writer.put_uvarint(0);
    }
}

/// Reads the header of a response and returns its correlation id.
pub fn decode_response_header(
    reader: &mut Reader,
    api_key: ApiKey,
    api_version: i16,
) -> Result<i32, DecodeError> {
    let correlation_id = reader.get_i32()?;
    if has_tagged_response_header(api_key, api_version) {
        reader.get_tagged_fields(|_, _| Ok(false))?;
    }
    Ok(correlation_id)
}

fn has_tagged_response_header(api_key: ApiKey, api_version: i16) -> bool {
    api_key != ApiKey::ApiVersions && api_key.is_flexible(api_version)
}

/// A whole response frame: length, header, body. Records are shared with
/// `body`, not copied.
pub fn encode_response<M: Message>(
    api_key: ApiKey,
    api_version: i16,
    correlation_id: i32,
    body: &M,
) -> Result<Segments, EncodeError> {
    debug_assert_eq!(M::API_KEY, Some(api_key), "{} answers another API", M::NAME);
    let mut writer = Writer::for_frame();
    encode_response_header(&mut writer, api_key, api_version, correlation_id);
    body.encode(&mut writer, api_version)?;
    writer.into_frame()
}

/// A whole request frame: length, header, body.
pub fn encode_request<R: Request>(
    api_version: i16,
    correlation_id: i32,
    client_id: Option<&str>,
    body: &R,
) -> Result<Segments, EncodeError> {
    let header = RequestHeader {
        api_key: R::KEY,
        api_version,
        correlation_id,
        client_id: client_id.map(str::to_owned),
    };
    let mut writer = Writer::for_frame();
    header.encode(&mut writer)?;
    body.encode(&mut writer, api_version)?;
    writer.into_frame()
}

/// Reads a response frame, without its length: correlation id and body.
pub fn decode_response<R: Request>(
    frame: Bytes,
    api_version: i16,
) -> Result<(i32, R::Response), DecodeError> {
    let mut reader = Reader::new(frame);
    let correlation_id = decode_response_header(&mut reader, R::KEY, api_version)?;
    Ok((
        correlation_id,
        R::Response::decode(&mut reader, api_version)?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(api_key: ApiKey, api_version: i16) -> RequestHeader {
        RequestHeader {
            api_key,
            api_version,
            correlation_id: 7,
            client_id: Some("c".to_owned()),
        }
    }

    #[test]
    fn request_header_bytes() {
        let mut writer = Writer::new();
        header(ApiKey::Fetch, 12)
            .encode(&mut writer)
            .expect("encodes");
        let expected = [0, 1, 0, 12, 0, 0, 0, 7, 0, 1, b'c', 0];
        assert_eq!(*writer.into_bytes(), expected);
        let mut writer = Writer::new();
        header(ApiKey::Fetch, 11)
            .encode(&mut writer)
            .expect("encodes");
        assert_eq!(*writer.into_bytes(), [0, 1, 0, 11, 0, 0, 0, 7, 0, 1, b'c']);
    }

    #[test]
    fn request_header_round_trips_and_skips_tags() {
        let mut bytes = vec![0, 18, 0, 99, 0, 0, 0, 7, 0, 1, b'c'];
        bytes.extend([1, 5, 2, 0xaa, 0xbb]);
        let mut reader = Reader::new(Bytes::from(bytes));
        let read = RequestHeader::decode(&mut reader).expect("decodes");
        assert_eq!(read, header(ApiKey::ApiVersions, 99));
        assert_eq!(reader.remaining(), 0);
    }

    #[test]
    fn unknown_keys_are_refused() {
        let bytes = Bytes::from_static(&[0x7f, 0xff, 0, 0, 0, 0, 0, 1, 0xff, 0xff]);
        let result = RequestHeader::decode(&mut Reader::new(bytes));
        assert_eq!(result, Err(DecodeError::UnknownApiKey(i16::MAX)));
    }

    #[test]
    fn response_header_of_api_versions_is_never_flexible() {
        let mut writer = Writer::new();
        encode_response_header(&mut writer, ApiKey::ApiVersions, 4, 1);
        assert_eq!(writer.len(), 4);
        let mut writer = Writer::new();
        encode_response_header(&mut writer, ApiKey::Metadata, 9, 1);
        assert_eq!(writer.len(), 5);
    }
}
