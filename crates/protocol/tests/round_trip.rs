//! Every message, in every version, comes back as it was written.

use bytes::Bytes;
use highwater_protocol::messages::fetch::{FetchableTopicResponse, PartitionData};
use highwater_protocol::messages::*;
use highwater_protocol::wire::{EncodeError, Reader};
use highwater_protocol::{Message, Request, api, frame};

fn round_trips<M: Message + PartialEq + std::fmt::Debug>() {
    for version in M::VERSIONS.iter() {
        let value = M::default();
        let bytes = value.to_bytes(version).expect("a default value encodes");
        let mut reader = Reader::new(bytes);
        let read = M::decode(&mut reader, version);
        assert_eq!(read, Ok(value), "{} {version}", M::NAME);
        assert_eq!(reader.remaining(), 0, "{} {version}", M::NAME);
    }
}

fn api<R: Request + PartialEq + std::fmt::Debug>()
where
    R::Response: PartialEq + std::fmt::Debug,
{
    round_trips::<R>();
    round_trips::<R::Response>();
    assert_eq!(R::VERSIONS, R::Response::VERSIONS, "{}", R::NAME);
    if let Some(served) = api::served_versions(R::KEY) {
        assert!(R::VERSIONS.contains(served.min), "{}", R::NAME);
        assert!(R::VERSIONS.contains(served.max), "{}", R::NAME);
    }
}

#[test]
fn defaults_of_every_message() {
    api::<AddRaftVoterRequest>();
    api::<AllocateProducerIdsRequest>();
    api::<AlterConfigsRequest>();
    api::<AlterPartitionReassignmentsRequest>();
    api::<AlterPartitionRequest>();
    api::<ApiVersionsRequest>();
    api::<AssignReplicasToDirsRequest>();
    api::<BrokerHeartbeatRequest>();
    api::<BrokerRegistrationRequest>();
    api::<ControllerRegistrationRequest>();
    api::<CreatePartitionsRequest>();
    api::<CreateTopicsRequest>();
    api::<DeleteRecordsRequest>();
    api::<DeleteTopicsRequest>();
    api::<DescribeClusterRequest>();
    api::<DescribeConfigsRequest>();
    api::<DescribeLogDirsRequest>();
    api::<DescribeQuorumRequest>();
    api::<DescribeTopicPartitionsRequest>();
    api::<ElectLeadersRequest>();
    api::<FetchRequest>();
    api::<FindCoordinatorRequest>();
    api::<IncrementalAlterConfigsRequest>();
    api::<InitProducerIdRequest>();
    api::<ListConfigResourcesRequest>();
    api::<ListOffsetsRequest>();
    api::<ListPartitionReassignmentsRequest>();
    api::<MetadataRequest>();
    api::<OffsetForLeaderEpochRequest>();
    api::<ProduceRequest>();
    api::<RemoveRaftVoterRequest>();
    api::<UnregisterBrokerRequest>();
    api::<UpdateFeaturesRequest>();
    api::<UpdateRaftVoterRequest>();
}

#[test]
fn fetched_records_are_not_copied() {
    let records = Bytes::from(vec![1; 64 * 1024]);
    let partition = PartitionData {
        records: Some(records.clone()),
        ..PartitionData::default()
    };
    let response = FetchResponse {
        responses: vec![FetchableTopicResponse {
            partitions: vec![partition.clone(), partition],
            ..FetchableTopicResponse::default()
        }],
        ..FetchResponse::default()
    };
    let segments = frame::encode_response(api::ApiKey::Fetch, 16, 5, &response).expect("encodes");
    let shared = segments.iter().filter(|s| s.as_ptr() == records.as_ptr());
    assert_eq!(shared.count(), 2);
    let frame = segments.into_bytes();
    let length = i32::try_from(frame.len() - 4).expect("small");
    assert_eq!(frame[..4], length.to_be_bytes());
    let (correlation_id, read) =
        frame::decode_response::<FetchRequest>(frame.slice(4..), 16).expect("decodes");
    assert_eq!((correlation_id, read), (5, response));
}

#[test]
fn what_a_version_lacks_is_refused_or_dropped() {
    let request = FetchRequest {
        replica_id: 3,
        ..FetchRequest::default()
    };
    assert!(request.to_bytes(14).is_ok());
    let refused = EncodeError::NonDefaultField {
        field: "FetchRequest.replica_id",
        version: 15,
    };
    assert_eq!(request.to_bytes(15), Err(refused));
    // `rack_id` is ignorable before version 11.
    let request = FetchRequest {
        rack_id: "r".to_owned(),
        ..FetchRequest::default()
    };
    assert_eq!(request.to_bytes(10), FetchRequest::default().to_bytes(10));
    let all_topics = MetadataRequest {
        topics: None,
        ..MetadataRequest::default()
    };
    let null = EncodeError::UnexpectedNull {
        field: "MetadataRequest.topics",
        version: 0,
    };
    assert_eq!(all_topics.to_bytes(0), Err(null));
    assert!(all_topics.to_bytes(1).is_ok());
    assert!(matches!(
        all_topics.to_bytes(14),
        Err(EncodeError::UnsupportedVersion { version: 14, .. })
    ));
}
