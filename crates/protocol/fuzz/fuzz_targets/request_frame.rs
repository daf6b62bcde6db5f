//! A request frame as it comes from a socket: header, then the body that it
//! announces. What is read must be writable, and read back as the same.

#![no_main]

use bytes::Bytes;
use highwater_protocol::frame::RequestHeader;
use highwater_protocol::messages::*;
use highwater_protocol::wire::Reader;
use highwater_protocol::{ApiKey, Request};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut reader = Reader::new(Bytes::copy_from_slice(data));
    if let Ok(header) = RequestHeader::decode(&mut reader) {
        read_body(&header, &mut reader);
    }
});

fn read_body(header: &RequestHeader, reader: &mut Reader) {
    let version = header.api_version;
    match header.api_key {
        ApiKey::AlterConfigs => body::<AlterConfigsRequest>(reader, version),
        ApiKey::ApiVersions => body::<ApiVersionsRequest>(reader, version),
        ApiKey::CreatePartitions => body::<CreatePartitionsRequest>(reader, version),
        ApiKey::CreateTopics => body::<CreateTopicsRequest>(reader, version),
        ApiKey::DeleteRecords => body::<DeleteRecordsRequest>(reader, version),
        ApiKey::DeleteTopics => body::<DeleteTopicsRequest>(reader, version),
        ApiKey::DescribeCluster => body::<DescribeClusterRequest>(reader, version),
        ApiKey::DescribeConfigs => body::<DescribeConfigsRequest>(reader, version),
        ApiKey::DescribeLogDirs => body::<DescribeLogDirsRequest>(reader, version),
        ApiKey::DescribeTopicPartitions => {
            body::<DescribeTopicPartitionsRequest>(reader, version);
        }
        ApiKey::Fetch => body::<FetchRequest>(reader, version),
        ApiKey::FindCoordinator => body::<FindCoordinatorRequest>(reader, version),
        ApiKey::IncrementalAlterConfigs => {
            body::<IncrementalAlterConfigsRequest>(reader, version);
        }
        ApiKey::InitProducerId => body::<InitProducerIdRequest>(reader, version),
        ApiKey::ListOffsets => body::<ListOffsetsRequest>(reader, version),
        ApiKey::Metadata => body::<MetadataRequest>(reader, version),
        ApiKey::OffsetForLeaderEpoch => body::<OffsetForLeaderEpochRequest>(reader, version),
        ApiKey::Produce => body::<ProduceRequest>(reader, version),
        _ => {}
    }
}

fn body<R: Request>(reader: &mut Reader, version: i16) {
    let Ok(message) = R::decode(reader, version) else {
        return;
    };
    let bytes = message
        .to_bytes(version)
        .expect("what was read can be written");
    let again = R::decode(&mut Reader::new(bytes.clone()), version).expect("reads back");
    assert_eq!(again.to_bytes(version), Ok(bytes));
}
