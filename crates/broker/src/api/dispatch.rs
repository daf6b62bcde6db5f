//! The one way from a request's key to its handler.

use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use highwater_protocol::api::served_versions;
use highwater_protocol::frame::{RequestHeader, encode_response};
use highwater_protocol::messages::produce::ProduceResponse;
use highwater_protocol::wire::Reader;
use highwater_protocol::{ApiKey, Message};

use super::{
    ApiError, alter_configs, api_versions, create_partitions, create_topics, delete_records,
    delete_topics, describe_cluster, describe_configs, describe_log_dirs,
    describe_topic_partitions, fetch, incremental_alter_configs, init_producer_id, list_offsets,
    metadata, offset_for_leader_epoch, produce,
};
use crate::context::{BrokerContext, RequestContext};
use crate::net::{FrameHandler, Peer, Reply, Started};

/// Answers every connection's requests.
pub(crate) struct Dispatcher {
    context: Arc<BrokerContext>,
}

impl Dispatcher {
    pub(crate) fn new(context: Arc<BrokerContext>) -> Self {
        Self { context }
    }
}

impl FrameHandler for Dispatcher {
    fn start(&self, frame: Bytes, peer: &Peer) -> BoxFuture<'static, Started> {
        let mut reader = Reader::new(frame);
        match RequestHeader::decode(&mut reader) {
            Ok(header) => {
                let call = Call {
                    ctx: self.context.clone(),
                    rc: RequestContext {
                        api_version: header.api_version,
                        correlation_id: header.correlation_id,
                        client_id: header.client_id.unwrap_or_default(),
                        peer: peer.address,
                        listener: peer.listener.clone(),
                    },
                    api_key: header.api_key,
                    reader,
                };
                Box::pin(call.run())
            }
            Err(error) => {
                let reply = Reply::Close(format!("request header: {error}"));
                Box::pin(std::future::ready(Started::Done(reply)))
            }
        }
    }
}

/// One request on its way.
struct Call {
    ctx: Arc<BrokerContext>,
    rc: RequestContext,
    api_key: ApiKey,
    /// At the start of the body.
    reader: Reader,
}

impl Call {
    async fn run(mut self) -> Started {
        let version = self.rc.api_version;
        let served = served_versions(self.api_key)
            .is_some_and(|versions| versions.on_broker() && versions.contains(version));
        if served {
            return self.handle().await;
        }
        if self.api_key == ApiKey::ApiVersions {
            // In version 0, which every client can read: it will ask again.
            self.rc.api_version = 0;
            return Started::Done(self.reply(Ok(api_versions::unsupported_version())));
        }
        let reason = format!("version {version} of {:?} is not served", self.api_key);
        Started::Done(Reply::Close(reason))
    }

    /// Runs the handler of this request's API. Every API is named, so that a new
    /// one can not be forgotten here.
    async fn handle(mut self) -> Started {
        /// Reads the request, lets its handler answer and writes the response.
        macro_rules! answer {
            ($api:ident) => {
                match self.decode() {
                    Ok(request) => {
                        let response = $api::handle(&self.ctx, request, &self.rc).await;
                        Started::Done(self.reply(response))
                    }
                    Err(reply) => Started::Done(reply),
                }
            };
        }
        use ApiKey::*;
        match self.api_key {
            Metadata => answer!(metadata),
            ApiVersions => answer!(api_versions),
            CreateTopics => answer!(create_topics),
            DeleteTopics => answer!(delete_topics),
            DescribeConfigs => answer!(describe_configs),
            AlterConfigs => answer!(alter_configs),
            CreatePartitions => answer!(create_partitions),
            IncrementalAlterConfigs => answer!(incremental_alter_configs),
            DescribeCluster => answer!(describe_cluster),
            DescribeTopicPartitions => answer!(describe_topic_partitions),
            Produce => self.produce().await,
            Fetch => answer!(fetch),
            ListOffsets => answer!(list_offsets),
            DeleteRecords => answer!(delete_records),
            InitProducerId => answer!(init_producer_id),
            OffsetForLeaderEpoch => answer!(offset_for_leader_epoch),
            DescribeLogDirs => answer!(describe_log_dirs),
            LeaderAndIsr
            | StopReplica
            | UpdateMetadata
            | ControlledShutdown
            | OffsetCommit
            | OffsetFetch
            | FindCoordinator
            | JoinGroup
            | Heartbeat
            | LeaveGroup
            | SyncGroup
            | DescribeGroups
            | ListGroups
            | SaslHandshake
            | AddPartitionsToTxn
            | AddOffsetsToTxn
            | EndTxn
            | WriteTxnMarkers
            | TxnOffsetCommit
            | DescribeAcls
            | CreateAcls
            | DeleteAcls
            | AlterReplicaLogDirs
            | SaslAuthenticate
            | CreateDelegationToken
            | RenewDelegationToken
            | ExpireDelegationToken
            | DescribeDelegationToken
            | DeleteGroups
            | ElectLeaders
            | AlterPartitionReassignments
            | ListPartitionReassignments
            | OffsetDelete
            | DescribeClientQuotas
            | AlterClientQuotas
            | DescribeUserScramCredentials
            | AlterUserScramCredentials
            | Vote
            | BeginQuorumEpoch
            | EndQuorumEpoch
            | DescribeQuorum
            | AlterPartition
            | UpdateFeatures
            | Envelope
            | FetchSnapshot
            | DescribeProducers
            | BrokerRegistration
            | BrokerHeartbeat
            | UnregisterBroker
            | DescribeTransactions
            | ListTransactions
            | AllocateProducerIds
            | ConsumerGroupHeartbeat
            | ConsumerGroupDescribe
            | ControllerRegistration
            | GetTelemetrySubscriptions
            | PushTelemetry
            | AssignReplicasToDirs
            | ListConfigResources
            | ShareGroupHeartbeat
            | ShareGroupDescribe
            | ShareFetch
            | ShareAcknowledge
            | AddRaftVoter
            | RemoveRaftVoter
            | UpdateRaftVoter
            | InitializeShareGroupState
            | ReadShareGroupState
            | WriteShareGroupState
            | DeleteShareGroupState
            | ReadShareGroupStateSummary
            | StreamsGroupHeartbeat
            | StreamsGroupDescribe
            | DescribeShareGroupOffsets
            | AlterShareGroupOffsets
            | DeleteShareGroupOffsets => {
                let reason = format!("{:?} is not served", self.api_key);
                Started::Done(Reply::Close(reason))
            }
        }
    }

    /// Produce answers later than it lets the next request begin.
    async fn produce(mut self) -> Started {
        let request = match self.decode() {
            Ok(request) => request,
            Err(reply) => return Started::Done(reply),
        };
        match produce::handle(&self.ctx, request, &self.rc).await {
            Ok(produced) => Started::Later(Box::pin(async move { self.reply(produced.await) })),
            Err(error) => Started::Done(self.reply::<ProduceResponse>(Err(error))),
        }
    }

    /// Reads the request's body; a client that can not write one is not heard further.
    fn decode<R: Message>(&mut self) -> Result<R, Reply> {
        let version = self.rc.api_version;
        R::decode(&mut self.reader, version)
            .map_err(|error| Reply::Close(format!("{} version {version}: {error}", R::NAME)))
    }

    fn reply<R: Message>(&self, response: Result<R, ApiError>) -> Reply {
        match response {
            Ok(response) => reply(self.api_key, &self.rc, &response),
            Err(ApiError::NoResponse) => Reply::Nothing,
            Err(ApiError::Close(reason)) => Reply::Close(format!("{:?}: {reason}", self.api_key)),
        }
    }
}

fn reply<R: Message>(api_key: ApiKey, rc: &RequestContext, response: &R) -> Reply {
    match encode_response(api_key, rc.api_version, rc.correlation_id, response) {
        Ok(frame) => Reply::Frame(frame),
        Err(error) => {
            // A handler gave what this version can not say: our mistake, not the client's.
            let version = rc.api_version;
            tracing::error!("{api_key:?} version {version}: {error}");
            Reply::Close(format!("{api_key:?}: the response can not be written"))
        }
    }
}
