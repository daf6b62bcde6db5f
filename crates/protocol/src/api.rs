//! The one table of Kafka's APIs: keys, versions, where they are served, and
//! which of them this node serves.

/// An API of Kafka 4.3. The numbers are the keys on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i16)]
#[allow(missing_docs)]
pub enum ApiKey {
    Produce = 0,
    Fetch = 1,
    ListOffsets = 2,
    Metadata = 3,
    LeaderAndIsr = 4,
    StopReplica = 5,
    UpdateMetadata = 6,
    ControlledShutdown = 7,
    OffsetCommit = 8,
    OffsetFetch = 9,
    FindCoordinator = 10,
    JoinGroup = 11,
    Heartbeat = 12,
    LeaveGroup = 13,
    SyncGroup = 14,
    DescribeGroups = 15,
    ListGroups = 16,
    SaslHandshake = 17,
    ApiVersions = 18,
    CreateTopics = 19,
    DeleteTopics = 20,
    DeleteRecords = 21,
    InitProducerId = 22,
    OffsetForLeaderEpoch = 23,
    AddPartitionsToTxn = 24,
    AddOffsetsToTxn = 25,
    EndTxn = 26,
    WriteTxnMarkers = 27,
    TxnOffsetCommit = 28,
    DescribeAcls = 29,
    CreateAcls = 30,
    DeleteAcls = 31,
    DescribeConfigs = 32,
    AlterConfigs = 33,
    AlterReplicaLogDirs = 34,
    DescribeLogDirs = 35,
    SaslAuthenticate = 36,
    CreatePartitions = 37,
    CreateDelegationToken = 38,
    RenewDelegationToken = 39,
    ExpireDelegationToken = 40,
    DescribeDelegationToken = 41,
    DeleteGroups = 42,
    ElectLeaders = 43,
    IncrementalAlterConfigs = 44,
    AlterPartitionReassignments = 45,
    ListPartitionReassignments = 46,
    OffsetDelete = 47,
    DescribeClientQuotas = 48,
    AlterClientQuotas = 49,
    DescribeUserScramCredentials = 50,
    AlterUserScramCredentials = 51,
    Vote = 52,
    BeginQuorumEpoch = 53,
    EndQuorumEpoch = 54,
    DescribeQuorum = 55,
    AlterPartition = 56,
    UpdateFeatures = 57,
    Envelope = 58,
    FetchSnapshot = 59,
    DescribeCluster = 60,
    DescribeProducers = 61,
    BrokerRegistration = 62,
    BrokerHeartbeat = 63,
    UnregisterBroker = 64,
    DescribeTransactions = 65,
    ListTransactions = 66,
    AllocateProducerIds = 67,
    ConsumerGroupHeartbeat = 68,
    ConsumerGroupDescribe = 69,
    ControllerRegistration = 70,
    GetTelemetrySubscriptions = 71,
    PushTelemetry = 72,
    AssignReplicasToDirs = 73,
    ListConfigResources = 74,
    DescribeTopicPartitions = 75,
    ShareGroupHeartbeat = 76,
    ShareGroupDescribe = 77,
    ShareFetch = 78,
    ShareAcknowledge = 79,
    AddRaftVoter = 80,
    RemoveRaftVoter = 81,
    UpdateRaftVoter = 82,
    InitializeShareGroupState = 83,
    ReadShareGroupState = 84,
    WriteShareGroupState = 85,
    DeleteShareGroupState = 86,
    ReadShareGroupStateSummary = 87,
    StreamsGroupHeartbeat = 88,
    StreamsGroupDescribe = 89,
    DescribeShareGroupOffsets = 90,
    AlterShareGroupOffsets = 91,
    DeleteShareGroupOffsets = 92,
}

/// The listeners on which an API is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listeners {
    /// Brokers' listeners only.
    Broker,
    /// Controllers' listeners only; a client's listener does not advertise it.
    Controller,
    /// Both.
    Both,
}

/// What this node serves of an API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiVersions {
    /// The API.
    pub key: ApiKey,
    /// The oldest version, inclusive.
    pub min: i16,
    /// The newest version that Kafka calls stable, inclusive.
    pub max: i16,
    /// The first flexible version (KIP-482), if there is one.
    pub flexible_from: Option<i16>,
    /// Where it is served.
    pub listeners: Listeners,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
struct Row {
    versions: ApiVersions,
    status: Status,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    /// This node answers it.
    Served,
    /// Kafka 4.3 has it, this node does not yet.
    Absent,
    /// No longer in Kafka since 4.0; the key stays reserved.
    Removed,
}

use ApiKey::*;
use Listeners::{Both, Broker, Controller};
use Status::{Absent, Served};

/// Every API at the index of its key, with the versions of Kafka 4.3.
#[rustfmt::skip]
const TABLE: [Row; 93] = [
    api(Produce, 3, 13, Some(9), Broker, Served),
    api(Fetch, 4, 18, Some(12), Both, Served),
    api(ListOffsets, 1, 11, Some(6), Broker, Served),
    api(Metadata, 0, 13, Some(9), Broker, Served),
    removed(LeaderAndIsr),
    removed(StopReplica),
    removed(UpdateMetadata),
    removed(ControlledShutdown),
    api(OffsetCommit, 2, 10, Some(8), Broker, Absent),
    api(OffsetFetch, 1, 10, Some(6), Broker, Absent),
    api(FindCoordinator, 0, 6, Some(3), Broker, Absent),
    api(JoinGroup, 0, 9, Some(6), Broker, Absent),
    api(Heartbeat, 0, 4, Some(4), Broker, Absent),
    api(LeaveGroup, 0, 5, Some(4), Broker, Absent),
    api(SyncGroup, 0, 5, Some(4), Broker, Absent),
    api(DescribeGroups, 0, 6, Some(5), Broker, Absent),
    api(ListGroups, 0, 5, Some(3), Broker, Absent),
    api(SaslHandshake, 0, 1, None, Both, Absent),
    api(ApiVersions, 0, 4, Some(3), Both, Served),
    api(CreateTopics, 2, 7, Some(5), Both, Served),
    api(DeleteTopics, 1, 6, Some(4), Both, Served),
    api(DeleteRecords, 0, 2, Some(2), Broker, Served),
    api(InitProducerId, 0, 5, Some(2), Broker, Served),
    api(OffsetForLeaderEpoch, 2, 4, Some(4), Broker, Served),
    api(AddPartitionsToTxn, 0, 5, Some(3), Broker, Absent),
    api(AddOffsetsToTxn, 0, 4, Some(3), Broker, Absent),
    api(EndTxn, 0, 5, Some(3), Broker, Absent),
    api(WriteTxnMarkers, 1, 2, Some(1), Broker, Absent),
    api(TxnOffsetCommit, 0, 5, Some(3), Broker, Absent),
    api(DescribeAcls, 1, 3, Some(2), Both, Absent),
    api(CreateAcls, 1, 3, Some(2), Both, Absent),
    api(DeleteAcls, 1, 3, Some(2), Both, Absent),
    api(DescribeConfigs, 1, 4, Some(4), Both, Served),
    api(AlterConfigs, 0, 2, Some(2), Both, Served),
    api(AlterReplicaLogDirs, 1, 2, Some(2), Broker, Absent),
    api(DescribeLogDirs, 1, 5, Some(2), Broker, Served),
    api(SaslAuthenticate, 0, 2, Some(2), Both, Absent),
    api(CreatePartitions, 0, 3, Some(2), Both, Served),
    api(CreateDelegationToken, 1, 3, Some(2), Both, Absent),
    api(RenewDelegationToken, 1, 2, Some(2), Both, Absent),
    api(ExpireDelegationToken, 1, 2, Some(2), Both, Absent),
    api(DescribeDelegationToken, 1, 3, Some(2), Both, Absent),
    api(DeleteGroups, 0, 2, Some(2), Broker, Absent),
    api(ElectLeaders, 0, 2, Some(2), Both, Absent),
    api(IncrementalAlterConfigs, 0, 1, Some(1), Both, Served),
    api(AlterPartitionReassignments, 0, 1, Some(0), Both, Absent),
    api(ListPartitionReassignments, 0, 0, Some(0), Both, Absent),
    api(OffsetDelete, 0, 0, None, Broker, Absent),
    api(DescribeClientQuotas, 0, 1, Some(1), Broker, Absent),
    api(AlterClientQuotas, 0, 1, Some(1), Both, Absent),
    api(DescribeUserScramCredentials, 0, 0, Some(0), Both, Absent),
    api(AlterUserScramCredentials, 0, 0, Some(0), Both, Absent),
    api(Vote, 0, 2, Some(0), Controller, Absent),
    api(BeginQuorumEpoch, 0, 1, Some(1), Controller, Absent),
    api(EndQuorumEpoch, 0, 1, Some(1), Controller, Absent),
    api(DescribeQuorum, 0, 2, Some(0), Both, Absent),
    api(AlterPartition, 2, 3, Some(2), Controller, Absent),
    api(UpdateFeatures, 0, 2, Some(0), Both, Absent),
    api(Envelope, 0, 0, Some(0), Controller, Absent),
    api(FetchSnapshot, 0, 1, Some(0), Controller, Absent),
    api(DescribeCluster, 0, 2, Some(0), Both, Served),
    api(DescribeProducers, 0, 0, Some(0), Broker, Absent),
    api(BrokerRegistration, 0, 4, Some(0), Controller, Absent),
    api(BrokerHeartbeat, 0, 2, Some(0), Controller, Absent),
    api(UnregisterBroker, 0, 0, Some(0), Both, Absent),
    api(DescribeTransactions, 0, 0, Some(0), Broker, Absent),
    api(ListTransactions, 0, 2, Some(0), Broker, Absent),
    api(AllocateProducerIds, 0, 0, Some(0), Controller, Absent),
    api(ConsumerGroupHeartbeat, 0, 1, Some(0), Broker, Absent),
    api(ConsumerGroupDescribe, 0, 1, Some(0), Broker, Absent),
    api(ControllerRegistration, 0, 0, Some(0), Controller, Absent),
    api(GetTelemetrySubscriptions, 0, 0, Some(0), Broker, Absent),
    api(PushTelemetry, 0, 0, Some(0), Broker, Absent),
    api(AssignReplicasToDirs, 0, 0, Some(0), Controller, Absent),
    api(ListConfigResources, 0, 1, Some(0), Broker, Absent),
    api(DescribeTopicPartitions, 0, 0, Some(0), Broker, Served),
    api(ShareGroupHeartbeat, 1, 1, Some(1), Broker, Absent),
    api(ShareGroupDescribe, 1, 1, Some(1), Broker, Absent),
    api(ShareFetch, 1, 2, Some(1), Broker, Absent),
    api(ShareAcknowledge, 1, 2, Some(1), Broker, Absent),
    api(AddRaftVoter, 0, 1, Some(0), Both, Absent),
    api(RemoveRaftVoter, 0, 0, Some(0), Both, Absent),
    api(UpdateRaftVoter, 0, 0, Some(0), Controller, Absent),
    api(InitializeShareGroupState, 0, 0, Some(0), Broker, Absent),
    api(ReadShareGroupState, 0, 0, Some(0), Broker, Absent),
    api(WriteShareGroupState, 0, 1, Some(0), Broker, Absent),
    api(DeleteShareGroupState, 0, 0, Some(0), Broker, Absent),
    api(ReadShareGroupStateSummary, 0, 1, Some(0), Broker, Absent),
    api(StreamsGroupHeartbeat, 0, 0, Some(0), Broker, Absent),
    api(StreamsGroupDescribe, 0, 0, Some(0), Broker, Absent),
    api(DescribeShareGroupOffsets, 0, 1, Some(0), Broker, Absent),
    api(AlterShareGroupOffsets, 0, 0, Some(0), Broker, Absent),
    api(DeleteShareGroupOffsets, 0, 0, Some(0), Broker, Absent),
];

impl ApiKey {
    /// Every API, by ascending key.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.versions.key)
    }

    /// The key on the wire.
    #[must_use]
    pub const fn code(self) -> i16 {
        self as i16
    }

    /// Whether `version` has a flexible request header and body. Also decided
    /// for versions that are not served, since the header must be read to
    /// answer them.
    #[must_use]
    pub const fn is_flexible(self, version: i16) -> bool {
        match TABLE[self as usize].versions.flexible_from {
            Some(from) => version >= from,
            None => false,
        }
    }
}

/// The key is not one of Kafka's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownApiKey(
    /// The key that was read.
    pub i16,
);

impl TryFrom<i16> for ApiKey {
    type Error = UnknownApiKey;

    fn try_from(code: i16) -> Result<Self, UnknownApiKey> {
        usize::try_from(code)
            .ok()
            .and_then(|index| TABLE.get(index))
            .map(|row| row.versions.key)
            .ok_or(UnknownApiKey(code))
    }
}

impl ApiVersions {
    /// Whether requests of `version` are served.
    #[must_use]
    pub const fn contains(&self, version: i16) -> bool {
        self.min <= version && version <= self.max
    }

    /// The oldest version to name in the answer to ApiVersions. Produce names
    /// versions 0 to 2, although they are refused: librdkafka takes their
    /// absence for a broker without compression (KAFKA-18659).
    #[must_use]
    pub const fn advertised_min(&self) -> i16 {
        match self.key {
            Produce => 0,
            _ => self.min,
        }
    }

    /// Whether a broker's listeners serve it.
    #[must_use]
    pub const fn on_broker(&self) -> bool {
        matches!(self.listeners, Broker | Both)
    }
}

/// What this node serves of an API; none if it does not serve it at all.
#[must_use]
pub fn served_versions(key: ApiKey) -> Option<&'static ApiVersions> {
    let row = &TABLE[key as usize];
    (row.status == Served).then_some(&row.versions)
}

/// Everything that this node serves, by ascending key.
pub fn all_served() -> impl Iterator<Item = &'static ApiVersions> {
    TABLE
        .iter()
        .filter(|row| row.status == Served)
        .map(|row| &row.versions)
}

const fn api(
    key: ApiKey,
    min: i16,
    max: i16,
    flexible_from: Option<i16>,
    listeners: Listeners,
    status: Status,
) -> Row {
    let versions = ApiVersions {
        key,
        min,
        max,
        flexible_from,
        listeners,
    };
    Row { versions, status }
}

const fn removed(key: ApiKey) -> Row {
    api(key, 0, -1, None, Broker, Status::Removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_at_their_keys() {
        for (index, row) in TABLE.iter().enumerate() {
            assert_eq!(row.versions.key as usize, index);
            assert_eq!(ApiKey::try_from(index as i16), Ok(row.versions.key));
            assert_eq!(
                row.versions.min > row.versions.max,
                row.status == Status::Removed
            );
        }
        for code in [-1, 93, i16::MIN, i16::MAX] {
            assert_eq!(ApiKey::try_from(code), Err(UnknownApiKey(code)));
        }
    }

    #[test]
    fn what_is_served_is_advertised_as_kafka_does() {
        let produce = served_versions(Produce).expect("served");
        assert_eq!((produce.advertised_min(), produce.max), (0, 13));
        assert!(!produce.contains(2) && produce.contains(3));
        let fetch = served_versions(Fetch).expect("served");
        assert_eq!((fetch.advertised_min(), fetch.max), (4, 18));
        assert_eq!(served_versions(LeaderAndIsr), None);
        assert!(all_served().all(ApiVersions::on_broker));
    }

    #[test]
    fn flexible_versions() {
        assert!(!Produce.is_flexible(8) && Produce.is_flexible(9));
        assert!(!SaslHandshake.is_flexible(1));
        assert!(ApiVersions.is_flexible(i16::MAX));
    }
}
