//! The data path's handlers, over a replica manager on a simulated disk.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use highwater_protocol::messages::{
    delete_records::*, describe_log_dirs::*, fetch::*, init_producer_id::*, list_offsets::*,
    offset_for_leader_epoch as epochs, produce::*,
};
use highwater_protocol::record::{BatchBuilder, Compression};
use highwater_protocol::{ErrorCode, Message};
use highwater_rpc::{
    ChannelError, ControllerChannel, ControllerRequest, Heartbeats, MetadataStream, Registration,
};
use highwater_storage::testing::SimulatedDisk;
use highwater_types::{ClusterId, LeaderEpoch, Offset, PartitionEpoch, Uuid};
use tokio::sync::watch;

use crate::api::*;
use crate::config::BrokerConfig;
use crate::context::{BrokerContext, RequestContext};
use crate::fetch_session::{FetchSessionCache, SessionLimits};
use crate::producer_ids::ProducerIds;
use crate::replica::testing::{Host, NODE, assignment, batch, topic_id};

struct NoController;

#[async_trait]
impl ControllerChannel for NoController {
    async fn call(&self, _request: ControllerRequest) -> Result<Bytes, ChannelError> {
        Err(ChannelError::TimedOut)
    }

    async fn subscribe(&self, _last_seen: Offset) -> Result<MetadataStream, ChannelError> {
        Err(ChannelError::TimedOut)
    }

    async fn heartbeats(
        &self,
        _registration: Registration,
        _api_version: i16,
    ) -> Result<Box<dyn Heartbeats>, ChannelError> {
        Err(ChannelError::TimedOut)
    }
}

struct Fixture {
    host: Host,
    ctx: Arc<BrokerContext>,
}

impl Fixture {
    async fn new() -> Self {
        let host = Host::start(&SimulatedDisk::new(1));
        host.lead("t", 0).await;
        let platform = host.platform();
        let limits = SessionLimits {
            sessions_max: 100,
            partitions_per_session_max: 100,
            eviction_age_min: Duration::from_mins(2),
        };
        let controller = Arc::new(NoController);
        let ctx = BrokerContext {
            config: BrokerConfig::new(NODE, ClusterId("test-cluster".into()), Vec::new()),
            producer_ids: ProducerIds::new(NODE, controller.clone(), watch::channel(None).1),
            controller,
            metadata: Arc::default(),
            replicas: host.manager.clone(),
            fetch_sessions: FetchSessionCache::new(limits, platform.entropy.clone()),
            broker_epoch: watch::Sender::new(None),
        };
        Self {
            host,
            ctx: Arc::new(ctx),
        }
    }

    fn rc(&self, api_version: i16) -> RequestContext {
        RequestContext {
            api_version,
            correlation_id: 1,
            client_id: "test".into(),
            peer: ([127, 0, 0, 1], 9).into(),
            listener: "PLAINTEXT".into(),
        }
    }

    async fn produce(
        &self,
        version: i16,
        acks: i16,
        records: Option<Bytes>,
    ) -> Result<ProduceResponse, ApiError> {
        let request = ProduceRequest {
            acks,
            timeout_ms: 1000,
            topic_data: vec![TopicProduceData {
                name: if version < 13 {
                    "t".into()
                } else {
                    String::new()
                },
                topic_id: if version < 13 {
                    Uuid::ZERO
                } else {
                    topic_id("t").0
                },
                partition_data: [0, 9]
                    .map(|index| PartitionProduceData {
                        index,
                        records: records.clone(),
                    })
                    .into(),
            }],
            ..ProduceRequest::default()
        };
        let produced = produce::handle(&self.ctx, request, &self.rc(version)).await?;
        let response = produced.await?;
        response.to_bytes(version).expect("the version can say it");
        Ok(response)
    }

    /// The code for partition 0, and for a partition that does not exist.
    async fn produce_codes(&self, version: i16, acks: i16, records: Bytes) -> [i16; 2] {
        let response = self.produce(version, acks, Some(records)).await.unwrap();
        let partitions = &response.responses[0].partition_responses;
        [partitions[0].error_code, partitions[1].error_code]
    }

    async fn fetch(&self, version: i16, session: (i32, i32), offset: Option<i64>) -> FetchResponse {
        let wanted = offset.map(|fetch_offset| FetchTopic {
            topic: if version < 13 {
                "t".into()
            } else {
                String::new()
            },
            topic_id: if version < 13 {
                Uuid::ZERO
            } else {
                topic_id("t").0
            },
            partitions: vec![FetchPartition {
                fetch_offset,
                partition_max_bytes: 1 << 20,
                ..FetchPartition::default()
            }],
        });
        let request = FetchRequest {
            max_wait_ms: 0,
            min_bytes: 1,
            session_id: session.0,
            session_epoch: session.1,
            topics: wanted.into_iter().collect(),
            ..FetchRequest::default()
        };
        let response = fetch::handle(&self.ctx, request, &self.rc(version)).await;
        let response = response.unwrap();
        response.to_bytes(version).expect("the version can say it");
        response
    }

    async fn list_offset(&self, version: i16, timestamp: i64) -> (i16, i64, i64, i32) {
        let request = ListOffsetsRequest {
            replica_id: -1,
            topics: vec![ListOffsetsTopic {
                name: "t".into(),
                partitions: vec![ListOffsetsPartition {
                    timestamp,
                    ..ListOffsetsPartition::default()
                }],
            }],
            ..ListOffsetsRequest::default()
        };
        let response = list_offsets::handle(&self.ctx, request, &self.rc(version)).await;
        let response = response.unwrap();
        response.to_bytes(version).expect("the version can say it");
        let found = &response.topics[0].partitions[0];
        (
            found.error_code,
            found.timestamp,
            found.offset,
            found.leader_epoch,
        )
    }
}

const NONE: i16 = 0;

#[tokio::test(start_paused = true)]
async fn produce_by_name_and_by_id() {
    let fixture = Fixture::new().await;
    for version in [3, 8, 9, 12] {
        let codes = fixture.produce_codes(version, -1, batch(&["a"])).await;
        assert_eq!(codes, [NONE, ErrorCode::UnknownTopicOrPartition.code()]);
    }
    let codes = fixture.produce_codes(13, -1, batch(&["a"])).await;
    assert_eq!(codes, [NONE, ErrorCode::UnknownTopicId.code()]);
    let response = fixture.produce(13, -1, Some(batch(&["a"]))).await.unwrap();
    let partition = &response.responses[0].partition_responses[0];
    assert_eq!((partition.base_offset, partition.log_start_offset), (5, 0));
    assert_eq!(partition.log_append_time_ms, -1);
}

#[tokio::test(start_paused = true)]
async fn produce_refuses_what_it_can_not_do() {
    let fixture = Fixture::new().await;
    let code =
        async |version, acks, records| fixture.produce_codes(version, acks, records).await[0];
    let wrong_acks = code(9, 2, batch(&["a"])).await;
    assert_eq!(wrong_acks, ErrorCode::InvalidRequiredAcks.code());
    let builder = |mut builder: BatchBuilder| {
        builder.append(1, None, Some(b"x"), &[]).unwrap();
        builder.build().unwrap()
    };
    let zstd = builder(BatchBuilder::new().compression(Compression::Zstd, None));
    let unsupported = ErrorCode::UnsupportedCompressionType.code();
    assert_eq!(code(6, -1, zstd.clone()).await, unsupported);
    assert_eq!(code(7, -1, zstd).await, NONE);
    let transactional = builder(BatchBuilder::new().producer(1, 0, 0).transactional());
    assert_eq!(
        code(9, -1, transactional).await,
        ErrorCode::InvalidTxnState.code()
    );
    let old = Bytes::from_static(&[
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 14, 1, 2, 3, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ]);
    let refused = fixture.produce(9, -1, Some(old)).await.unwrap();
    let refused = &refused.responses[0].partition_responses[0];
    assert_ne!(refused.error_code, NONE);
    assert_eq!(refused.base_offset, -1);
}

#[tokio::test(start_paused = true)]
async fn acks_zero_gets_no_answer_and_a_failure_closes() {
    let fixture = Fixture::new().await;
    let result = fixture.produce(9, 0, Some(batch(&["a"]))).await;
    // Partition 9 does not exist.
    assert!(matches!(result, Err(ApiError::Close(_))), "{result:?}");
    assert_eq!(fixture.list_offset(5, -1).await.2, 1, "partition 0 has it");
    let request = ProduceRequest {
        acks: 0,
        timeout_ms: 1000,
        topic_data: vec![TopicProduceData {
            name: "t".into(),
            partition_data: vec![PartitionProduceData {
                index: 0,
                records: Some(batch(&["b"])),
            }],
            ..TopicProduceData::default()
        }],
        ..ProduceRequest::default()
    };
    let produced = produce::handle(&fixture.ctx, request, &fixture.rc(9)).await;
    assert_eq!(produced.unwrap().await, Err(ApiError::NoResponse));
}

#[tokio::test(start_paused = true)]
async fn fetch_goes_through_a_session() {
    let fixture = Fixture::new().await;
    fixture.produce_codes(9, -1, batch(&["a", "b"])).await;
    let full = fixture.fetch(13, (0, 0), Some(0)).await;
    assert!(full.session_id > 0);
    let data = &full.responses[0].partitions[0];
    assert_eq!((data.high_watermark, data.last_stable_offset), (2, 2));
    assert_eq!(data.aborted_transactions, None);
    assert!(!data.records.as_ref().unwrap().is_empty());
    let session = full.session_id;
    let moved = fixture.fetch(13, (session, 1), Some(2)).await;
    assert_eq!(moved.responses, [], "nothing new");
    fixture.produce_codes(9, -1, batch(&["c"])).await;
    let more = fixture.fetch(13, (session, 2), None).await;
    assert_eq!(more.responses[0].topic_id, topic_id("t").0);
    assert_eq!(more.responses[0].partitions[0].high_watermark, 3);
    let repeated = fixture.fetch(13, (session, 2), None).await;
    assert_eq!(
        repeated.error_code,
        ErrorCode::InvalidFetchSessionEpoch.code()
    );
    let by_name = fixture.fetch(12, (session, 3), None).await;
    assert_eq!(
        by_name.error_code,
        ErrorCode::FetchSessionTopicIdError.code()
    );
    let unknown = fixture.fetch(12, (session ^ 8, 3), None).await;
    assert_eq!(unknown.error_code, ErrorCode::FetchSessionIdNotFound.code());
}

#[tokio::test(start_paused = true)]
async fn fetch_without_a_session_in_every_version() {
    let fixture = Fixture::new().await;
    fixture.produce_codes(9, -1, batch(&["a"])).await;
    for version in 4..=18 {
        let response = fixture.fetch(version, (0, -1), Some(0)).await;
        assert_eq!((response.session_id, response.responses.len()), (0, 1));
        let data = &response.responses[0].partitions[0];
        assert_eq!(data.records.as_ref().unwrap().len(), batch(&["a"]).len());
        let beyond = fixture.fetch(version, (0, -1), Some(7)).await;
        let data = &beyond.responses[0].partitions[0];
        assert_eq!(data.error_code, ErrorCode::OffsetOutOfRange.code());
        assert_eq!(
            (data.high_watermark, data.records.clone()),
            (-1, Some(Bytes::new()))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn list_offsets_by_position_and_time() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.list_offset(7, -1).await, (NONE, -1, 0, 0));
    assert_eq!(fixture.list_offset(7, -2).await, (NONE, -1, 0, 0));
    assert_eq!(fixture.list_offset(7, -3).await, (NONE, -1, -1, -1));
    let mut builder = BatchBuilder::new();
    let base = 1_700_000_000_000;
    for (value, time) in [("a", 10), ("b", 30), ("c", 20)] {
        builder
            .append(base + time, None, Some(value.as_bytes()), &[])
            .unwrap();
    }
    fixture.produce_codes(9, -1, builder.build().unwrap()).await;
    for (timestamp, expected) in [
        (-1, (NONE, -1, 3, 0)),
        (-2, (NONE, -1, 0, 0)),
        (-3, (NONE, base + 30, 1, 0)),
        (-4, (NONE, -1, 0, 0)),
        (-5, (NONE, -1, -1, -1)),
        (-6, (NONE, -1, -1, -1)),
        (base + 11, (NONE, base + 30, 1, 0)),
        (base + 31, (NONE, -1, -1, -1)),
        (0, (NONE, base + 10, 0, 0)),
        (-7, (ErrorCode::UnsupportedVersion.code(), -1, -1, -1)),
    ] {
        assert_eq!(
            fixture.list_offset(11, timestamp).await,
            expected,
            "{timestamp}"
        );
    }
    let unsupported = ErrorCode::UnsupportedVersion.code();
    for (version, timestamp) in [(6, -3), (7, -4), (8, -5), (10, -6)] {
        assert_eq!(fixture.list_offset(version, timestamp).await.0, unsupported);
    }
    assert_eq!(
        fixture.list_offset(3, -1).await,
        (NONE, -1, 3, -1),
        "no epochs yet"
    );
}

#[tokio::test(start_paused = true)]
async fn offset_for_leader_epoch_knows_where_epochs_end() {
    let fixture = Fixture::new().await;
    fixture.produce_codes(9, -1, batch(&["a", "b"])).await;
    let mut wanted = assignment("t", 0);
    wanted.leader_epoch = LeaderEpoch(3);
    wanted.partition_epoch = PartitionEpoch(1);
    fixture.host.assign(wanted).await;
    let find = async |current: i32, epoch: i32| {
        let request = epochs::OffsetForLeaderEpochRequest {
            topics: vec![epochs::OffsetForLeaderTopic {
                topic: "t".into(),
                partitions: vec![epochs::OffsetForLeaderPartition {
                    partition: 0,
                    current_leader_epoch: current,
                    leader_epoch: epoch,
                }],
            }],
            ..Default::default()
        };
        let rc = fixture.rc(4);
        let handled = offset_for_leader_epoch::handle(&fixture.ctx, request, &rc);
        let found = handled.await.unwrap().topics[0].partitions[0].clone();
        (found.error_code, found.leader_epoch, found.end_offset)
    };
    assert_eq!(find(-1, 0).await, (NONE, 0, 2));
    assert_eq!(find(3, 3).await, (NONE, 3, 2), "before its first append");
    assert_eq!(find(3, 2).await, (NONE, 0, 2));
    assert_eq!(find(3, 9).await, (NONE, -1, -1));
    assert_eq!(find(2, 0).await.0, ErrorCode::FencedLeaderEpoch.code());
    assert_eq!(find(4, 0).await.0, ErrorCode::UnknownLeaderEpoch.code());
}

#[tokio::test(start_paused = true)]
async fn delete_records_moves_the_log_start() {
    let fixture = Fixture::new().await;
    fixture.produce_codes(9, -1, batch(&["a", "b"])).await;
    let delete = async |topic: &str, offset| {
        let request = DeleteRecordsRequest {
            topics: vec![DeleteRecordsTopic {
                name: topic.into(),
                partitions: vec![DeleteRecordsPartition {
                    partition_index: 0,
                    offset,
                }],
            }],
            timeout_ms: 1000,
        };
        let rc = fixture.rc(2);
        let handled = delete_records::handle(&fixture.ctx, request, &rc);
        let result = handled.await.unwrap().topics[0].partitions[0].clone();
        (result.error_code, result.low_watermark)
    };
    assert_eq!(delete("t", 1).await, (NONE, 1));
    assert_eq!(
        delete("t", 3).await,
        (ErrorCode::OffsetOutOfRange.code(), -1)
    );
    let unknown = ErrorCode::UnknownTopicOrPartition.code();
    assert_eq!(delete("u", 1).await, (unknown, -1));
    let mut compacted = assignment("c", 0);
    compacted.config.cleanup_delete = false;
    compacted.config.cleanup_compact = true;
    fixture.host.assign(compacted).await;
    assert_eq!(
        delete("c", 0).await,
        (ErrorCode::PolicyViolation.code(), -1)
    );
}

#[tokio::test(start_paused = true)]
async fn describe_log_dirs_knows_sizes() {
    let fixture = Fixture::new().await;
    fixture.produce_codes(9, -1, batch(&["a", "b"])).await;
    let describe = async |topics| {
        let request = DescribeLogDirsRequest { topics };
        let rc = fixture.rc(4);
        let handled = describe_log_dirs::handle(&fixture.ctx, request, &rc);
        handled.await.unwrap().results
    };
    let all = describe(None).await;
    assert_eq!((all.len(), all[0].log_dir.as_str()), (1, "/logs"));
    let topic = &all[0].topics[0];
    assert_eq!((topic.name.as_str(), topic.partitions.len()), ("t", 1));
    let size = batch(&["a", "b"]).len() as i64;
    assert_eq!(topic.partitions[0].partition_size, size);
    assert_eq!(describe(Some(Vec::new())).await[0].topics, []);
}

#[tokio::test(start_paused = true)]
async fn init_producer_id_without_transactions_only() {
    let fixture = Fixture::new().await;
    let init = async |transactional_id: Option<&str>, id, epoch| {
        let request = InitProducerIdRequest {
            transactional_id: transactional_id.map(str::to_owned),
            producer_id: id,
            producer_epoch: epoch,
            ..InitProducerIdRequest::default()
        };
        let rc = fixture.rc(4);
        let handled = init_producer_id::handle(&fixture.ctx, request, &rc);
        handled.await.unwrap().error_code
    };
    let invalid = ErrorCode::InvalidRequest.code();
    assert_eq!(init(None, 5, -1).await, invalid);
    assert_eq!(init(Some(""), -1, -1).await, invalid);
    let unavailable = ErrorCode::CoordinatorNotAvailable.code();
    assert_eq!(init(Some("tx"), -1, -1).await, unavailable);
    // There is no controller in this test.
    let loading = ErrorCode::CoordinatorLoadInProgress.code();
    assert_eq!(init(None, -1, -1).await, loading);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_of_too_many_partitions_is_refused() {
    let fixture = Fixture::new().await;
    let max = fixture.ctx.config.replica.fetch_partitions_max;
    let request = FetchRequest {
        topics: vec![FetchTopic {
            topic: "t".into(),
            partitions: vec![FetchPartition::default(); max + 1],
            ..FetchTopic::default()
        }],
        ..FetchRequest::default()
    };
    let handled = fetch::handle(&fixture.ctx, request, &fixture.rc(12)).await;
    assert_eq!(
        handled.unwrap().error_code,
        ErrorCode::InvalidRequest.code()
    );
}

#[tokio::test(start_paused = true)]
async fn a_timeout_of_zero_is_for_acks_all_only() {
    let fixture = Fixture::new().await;
    fixture.host.gate.shut();
    let code = async |acks| {
        let request = ProduceRequest {
            acks,
            timeout_ms: 0,
            topic_data: vec![TopicProduceData {
                name: "t".into(),
                partition_data: vec![PartitionProduceData {
                    index: 0,
                    records: Some(batch(&["a"])),
                }],
                ..TopicProduceData::default()
            }],
            ..ProduceRequest::default()
        };
        let produced = produce::handle(&fixture.ctx, request, &fixture.rc(9)).await;
        let response = produced.unwrap().await.unwrap();
        response.responses[0].partition_responses[0].error_code
    };
    assert_eq!(code(1).await, NONE);
    assert_eq!(code(-1).await, ErrorCode::RequestTimedOut.code());
}
