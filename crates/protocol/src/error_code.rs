//! Kafka's error codes.

/// Declares the enum and its tables from one list, so that a code can not be
/// in one and not in the other.
macro_rules! error_codes {
    ($($variant:ident = $code:literal, $kind:ident, $name:literal, $message:literal;)*) => {
        /// An error of Kafka's protocol. The numbers are the codes on the wire.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(i16)]
        pub enum ErrorCode {
            $(
                #[doc = $message]
                $variant = $code,
            )*
        }

        impl ErrorCode {
            /// Every error, by ascending code.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The error of this code; a code that is not known is
            /// `UnknownServerError`, which is how Kafka's clients take it.
            #[must_use]
            pub const fn from_code(code: i16) -> Self {
                match code {
                    $($code => Self::$variant,)*
                    _ => Self::UnknownServerError,
                }
            }

            /// Kafka's name for it, as in its documentation and tools.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// A sentence for people, for the `error_message` of a response
            /// that has nothing more precise to say.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self {
                    $(Self::$variant => $message,)*
                }
            }

            /// Whether Kafka's clients try again by themselves after it.
            #[must_use]
            pub const fn is_retriable(self) -> bool {
                match self {
                    $(Self::$variant => error_codes!(@$kind),)*
                }
            }
        }
    };
    (@retriable) => { true };
    (@final) => { false };
}

error_codes! {
    UnknownServerError = -1, final, "UNKNOWN_SERVER_ERROR", "The broker failed in an unforeseen way; its log has the details.";
    None = 0, final, "NONE", "No error.";
    OffsetOutOfRange = 1, final, "OFFSET_OUT_OF_RANGE", "The offset lies outside of what the partition's log holds.";
    CorruptMessage = 2, retriable, "CORRUPT_MESSAGE", "The record batch is damaged: its checksum or its size is wrong.";
    UnknownTopicOrPartition = 3, retriable, "UNKNOWN_TOPIC_OR_PARTITION", "This broker has no such topic or partition.";
    InvalidFetchSize = 4, final, "INVALID_FETCH_SIZE", "The fetch size is not valid.";
    LeaderNotAvailable = 5, retriable, "LEADER_NOT_AVAILABLE", "The partition has no leader at the moment; an election is under way.";
    NotLeaderOrFollower = 6, retriable, "NOT_LEADER_OR_FOLLOWER", "This broker is neither leader nor replica of the partition, as the request needs.";
    RequestTimedOut = 7, retriable, "REQUEST_TIMED_OUT", "The request was not completed in time.";
    BrokerNotAvailable = 8, final, "BROKER_NOT_AVAILABLE", "The broker is not available.";
    ReplicaNotAvailable = 9, retriable, "REPLICA_NOT_AVAILABLE", "The replica of the partition is not available.";
    MessageTooLarge = 10, final, "MESSAGE_TOO_LARGE", "The record batch is larger than the topic allows.";
    StaleControllerEpoch = 11, final, "STALE_CONTROLLER_EPOCH", "The request comes from a controller that has been replaced.";
    OffsetMetadataTooLarge = 12, final, "OFFSET_METADATA_TOO_LARGE", "The metadata of a committed offset is too long.";
    NetworkException = 13, retriable, "NETWORK_EXCEPTION", "The connection was lost before the response arrived.";
    CoordinatorLoadInProgress = 14, retriable, "COORDINATOR_LOAD_IN_PROGRESS", "The coordinator is still loading its state.";
    CoordinatorNotAvailable = 15, retriable, "COORDINATOR_NOT_AVAILABLE", "The coordinator is not available.";
    NotCoordinator = 16, retriable, "NOT_COORDINATOR", "This broker is not the coordinator of the group or transactional id.";
    InvalidTopicException = 17, final, "INVALID_TOPIC_EXCEPTION", "The topic's name is not valid, or the topic can not be used this way.";
    RecordListTooLarge = 18, final, "RECORD_LIST_TOO_LARGE", "The record batch is larger than a log segment.";
    NotEnoughReplicas = 19, retriable, "NOT_ENOUGH_REPLICAS", "Fewer replicas are in sync than the topic demands; nothing was written.";
    NotEnoughReplicasAfterAppend = 20, retriable, "NOT_ENOUGH_REPLICAS_AFTER_APPEND", "The records were written, but too few in-sync replicas have them.";
    InvalidRequiredAcks = 21, final, "INVALID_REQUIRED_ACKS", "The value of acks is not one of -1, 0 and 1.";
    IllegalGeneration = 22, final, "ILLEGAL_GENERATION", "The generation id is not the group's current one.";
    InconsistentGroupProtocol = 23, final, "INCONSISTENT_GROUP_PROTOCOL", "The member and its group have no protocol in common, or the member named none.";
    InvalidGroupId = 24, final, "INVALID_GROUP_ID", "The group id is not valid.";
    UnknownMemberId = 25, final, "UNKNOWN_MEMBER_ID", "The coordinator does not know this member.";
    InvalidSessionTimeout = 26, final, "INVALID_SESSION_TIMEOUT", "The session timeout is outside of the limits that the broker allows.";
    RebalanceInProgress = 27, final, "REBALANCE_IN_PROGRESS", "The group is rebalancing; the member must join again.";
    InvalidCommitOffsetSize = 28, final, "INVALID_COMMIT_OFFSET_SIZE", "The offset commit is too large.";
    TopicAuthorizationFailed = 29, final, "TOPIC_AUTHORIZATION_FAILED", "Not authorized for the topic.";
    GroupAuthorizationFailed = 30, final, "GROUP_AUTHORIZATION_FAILED", "Not authorized for the group.";
    ClusterAuthorizationFailed = 31, final, "CLUSTER_AUTHORIZATION_FAILED", "Not authorized for the cluster.";
    InvalidTimestamp = 32, final, "INVALID_TIMESTAMP", "A record's timestamp is outside of the range that the topic allows.";
    UnsupportedSaslMechanism = 33, final, "UNSUPPORTED_SASL_MECHANISM", "The broker does not offer this SASL mechanism.";
    IllegalSaslState = 34, final, "ILLEGAL_SASL_STATE", "The request is out of place in the current state of the SASL exchange.";
    UnsupportedVersion = 35, final, "UNSUPPORTED_VERSION", "This version of the API is not supported.";
    TopicAlreadyExists = 36, final, "TOPIC_ALREADY_EXISTS", "A topic of this name exists.";
    InvalidPartitions = 37, final, "INVALID_PARTITIONS", "The number of partitions is not valid.";
    InvalidReplicationFactor = 38, final, "INVALID_REPLICATION_FACTOR", "The replication factor is below 1 or above the number of available brokers.";
    InvalidReplicaAssignment = 39, final, "INVALID_REPLICA_ASSIGNMENT", "The assignment of replicas is not valid.";
    InvalidConfig = 40, final, "INVALID_CONFIG", "The configuration is not valid.";
    NotController = 41, retriable, "NOT_CONTROLLER", "This node is not the active controller.";
    InvalidRequest = 42, final, "INVALID_REQUEST", "The request is malformed or contradicts itself.";
    UnsupportedForMessageFormat = 43, final, "UNSUPPORTED_FOR_MESSAGE_FORMAT", "The record batch's format does not support this.";
    PolicyViolation = 44, final, "POLICY_VIOLATION", "The request breaks a policy of the broker.";
    OutOfOrderSequenceNumber = 45, final, "OUT_OF_ORDER_SEQUENCE_NUMBER", "The sequence number does not follow the producer's last one.";
    DuplicateSequenceNumber = 46, final, "DUPLICATE_SEQUENCE_NUMBER", "The broker has records of this sequence number.";
    InvalidProducerEpoch = 47, final, "INVALID_PRODUCER_EPOCH", "The producer's epoch is out of date.";
    InvalidTxnState = 48, final, "INVALID_TXN_STATE", "The transaction is not in a state that permits this.";
    InvalidProducerIdMapping = 49, final, "INVALID_PRODUCER_ID_MAPPING", "The producer id is not the one that the transactional id has now.";
    InvalidTransactionTimeout = 50, final, "INVALID_TRANSACTION_TIMEOUT", "The transaction timeout is above the broker's limit.";
    ConcurrentTransactions = 51, retriable, "CONCURRENT_TRANSACTIONS", "Another operation on the same transaction is not finished.";
    TransactionCoordinatorFenced = 52, final, "TRANSACTION_COORDINATOR_FENCED", "The transaction marker comes from a coordinator that has been replaced.";
    TransactionalIdAuthorizationFailed = 53, final, "TRANSACTIONAL_ID_AUTHORIZATION_FAILED", "Not authorized for the transactional id.";
    SecurityDisabled = 54, final, "SECURITY_DISABLED", "Security is not enabled on this broker.";
    OperationNotAttempted = 55, final, "OPERATION_NOT_ATTEMPTED", "The operation was not attempted, since another one of the request failed.";
    KafkaStorageError = 56, retriable, "KAFKA_STORAGE_ERROR", "The log could not be read or written on disk.";
    LogDirNotFound = 57, final, "LOG_DIR_NOT_FOUND", "The broker has no such log directory.";
    SaslAuthenticationFailed = 58, final, "SASL_AUTHENTICATION_FAILED", "SASL authentication failed.";
    UnknownProducerId = 59, final, "UNKNOWN_PRODUCER_ID", "The broker no longer knows anything of this producer id.";
    ReassignmentInProgress = 60, final, "REASSIGNMENT_IN_PROGRESS", "The partition is being reassigned.";
    DelegationTokenAuthDisabled = 61, final, "DELEGATION_TOKEN_AUTH_DISABLED", "Delegation tokens are not enabled.";
    DelegationTokenNotFound = 62, final, "DELEGATION_TOKEN_NOT_FOUND", "There is no such delegation token.";
    DelegationTokenOwnerMismatch = 63, final, "DELEGATION_TOKEN_OWNER_MISMATCH", "The principal neither owns nor may renew the delegation token.";
    DelegationTokenRequestNotAllowed = 64, final, "DELEGATION_TOKEN_REQUEST_NOT_ALLOWED", "Delegation token requests are not allowed on this kind of connection.";
    DelegationTokenAuthorizationFailed = 65, final, "DELEGATION_TOKEN_AUTHORIZATION_FAILED", "Not authorized for the delegation token.";
    DelegationTokenExpired = 66, final, "DELEGATION_TOKEN_EXPIRED", "The delegation token has expired.";
    InvalidPrincipalType = 67, final, "INVALID_PRINCIPAL_TYPE", "This type of principal is not supported.";
    NonEmptyGroup = 68, final, "NON_EMPTY_GROUP", "The group still has members.";
    GroupIdNotFound = 69, final, "GROUP_ID_NOT_FOUND", "There is no such group.";
    FetchSessionIdNotFound = 70, retriable, "FETCH_SESSION_ID_NOT_FOUND", "The broker has no such fetch session.";
    InvalidFetchSessionEpoch = 71, retriable, "INVALID_FETCH_SESSION_EPOCH", "The fetch session's epoch is not the expected one.";
    ListenerNotFound = 72, retriable, "LISTENER_NOT_FOUND", "The leader has no listener of the name on which the request came in.";
    TopicDeletionDisabled = 73, final, "TOPIC_DELETION_DISABLED", "Deletion of topics is disabled.";
    FencedLeaderEpoch = 74, retriable, "FENCED_LEADER_EPOCH", "The request's leader epoch is older than the broker's.";
    UnknownLeaderEpoch = 75, retriable, "UNKNOWN_LEADER_EPOCH", "The request's leader epoch is newer than the broker's.";
    UnsupportedCompressionType = 76, final, "UNSUPPORTED_COMPRESSION_TYPE", "The client's version can not read the partition's compression type.";
    StaleBrokerEpoch = 77, final, "STALE_BROKER_EPOCH", "The broker's epoch has changed.";
    OffsetNotAvailable = 78, retriable, "OFFSET_NOT_AVAILABLE", "After an election the leader's high watermark has not caught up yet.";
    MemberIdRequired = 79, final, "MEMBER_ID_REQUIRED", "The member must join again with the member id that it was given.";
    PreferredLeaderNotAvailable = 80, retriable, "PREFERRED_LEADER_NOT_AVAILABLE", "The preferred leader is not available.";
    GroupMaxSizeReached = 81, final, "GROUP_MAX_SIZE_REACHED", "The group is full.";
    FencedInstanceId = 82, final, "FENCED_INSTANCE_ID", "Another member took over this static member's instance id.";
    EligibleLeadersNotAvailable = 83, retriable, "ELIGIBLE_LEADERS_NOT_AVAILABLE", "No replica that may lead the partition is available.";
    ElectionNotNeeded = 84, retriable, "ELECTION_NOT_NEEDED", "The partition has the leader that was asked for.";
    NoReassignmentInProgress = 85, final, "NO_REASSIGNMENT_IN_PROGRESS", "The partition is not being reassigned.";
    GroupSubscribedToTopic = 86, final, "GROUP_SUBSCRIBED_TO_TOPIC", "The group is subscribed to the topic, so its offsets can not be deleted.";
    InvalidRecord = 87, final, "INVALID_RECORD", "A record failed the broker's validation.";
    UnstableOffsetCommit = 88, retriable, "UNSTABLE_OFFSET_COMMIT", "The offset belongs to a transaction that has not ended yet.";
    ThrottlingQuotaExceeded = 89, retriable, "THROTTLING_QUOTA_EXCEEDED", "A quota on the rate of changes is exceeded.";
    ProducerFenced = 90, final, "PRODUCER_FENCED", "A newer producer has taken over this transactional id.";
    ResourceNotFound = 91, final, "RESOURCE_NOT_FOUND", "There is no such resource.";
    DuplicateResource = 92, final, "DUPLICATE_RESOURCE", "The request names a resource twice.";
    UnacceptableCredential = 93, final, "UNACCEPTABLE_CREDENTIAL", "The credential does not meet the requirements.";
    InconsistentVoterSet = 94, final, "INCONSISTENT_VOTER_SET", "Sender and receiver do not agree that both are voters.";
    InvalidUpdateVersion = 95, final, "INVALID_UPDATE_VERSION", "The feature's version is not valid for this update.";
    FeatureUpdateFailed = 96, final, "FEATURE_UPDATE_FAILED", "The features could not be updated.";
    PrincipalDeserializationFailure = 97, final, "PRINCIPAL_DESERIALIZATION_FAILURE", "The principal of a forwarded request could not be read.";
    SnapshotNotFound = 98, final, "SNAPSHOT_NOT_FOUND", "There is no such snapshot.";
    PositionOutOfRange = 99, final, "POSITION_OUT_OF_RANGE", "The position lies outside of the snapshot.";
    UnknownTopicId = 100, retriable, "UNKNOWN_TOPIC_ID", "This broker has no topic of this id.";
    DuplicateBrokerRegistration = 101, final, "DUPLICATE_BROKER_REGISTRATION", "A broker of this id is registered and alive.";
    BrokerIdNotRegistered = 102, final, "BROKER_ID_NOT_REGISTERED", "No broker of this id is registered.";
    InconsistentTopicId = 103, retriable, "INCONSISTENT_TOPIC_ID", "The topic id is not the one that the log has.";
    InconsistentClusterId = 104, final, "INCONSISTENT_CLUSTER_ID", "The request is meant for another cluster.";
    TransactionalIdNotFound = 105, final, "TRANSACTIONAL_ID_NOT_FOUND", "There is no such transactional id.";
    FetchSessionTopicIdError = 106, retriable, "FETCH_SESSION_TOPIC_ID_ERROR", "The fetch session mixes topic names and topic ids.";
    IneligibleReplica = 107, final, "INELIGIBLE_REPLICA", "The new in-sync set has a replica that may not be in it.";
    NewLeaderElected = 108, final, "NEW_LEADER_ELECTED", "The change was made, and the partition has a new leader.";
    OffsetMovedToTieredStorage = 109, final, "OFFSET_MOVED_TO_TIERED_STORAGE", "The offset is in tiered storage.";
    FencedMemberEpoch = 110, final, "FENCED_MEMBER_EPOCH", "The member's epoch was fenced; it must give up its partitions and join again.";
    UnreleasedInstanceId = 111, final, "UNRELEASED_INSTANCE_ID", "Another member still holds this instance id.";
    UnsupportedAssignor = 112, final, "UNSUPPORTED_ASSIGNOR", "The group does not support this assignor or its version.";
    StaleMemberEpoch = 113, final, "STALE_MEMBER_EPOCH", "The member's epoch is out of date; its next heartbeat brings the new one.";
    MismatchedEndpointType = 114, final, "MISMATCHED_ENDPOINT_TYPE", "The node is a broker where a controller was meant, or the other way round.";
    UnsupportedEndpointType = 115, final, "UNSUPPORTED_ENDPOINT_TYPE", "This type of endpoint is not supported.";
    UnknownControllerId = 116, final, "UNKNOWN_CONTROLLER_ID", "There is no controller of this id.";
    UnknownSubscriptionId = 117, final, "UNKNOWN_SUBSCRIPTION_ID", "The telemetry subscription is not known or out of date.";
    TelemetryTooLarge = 118, final, "TELEMETRY_TOO_LARGE", "The telemetry data is larger than the broker accepts.";
    InvalidRegistration = 119, final, "INVALID_REGISTRATION", "The controller refuses the broker's registration.";
    TransactionAbortable = 120, final, "TRANSACTION_ABORTABLE", "The transaction failed and must be aborted; the producer can go on after that.";
    InvalidRecordState = 121, final, "INVALID_RECORD_STATE", "The record is not in a state in which it can be acknowledged.";
    ShareSessionNotFound = 122, retriable, "SHARE_SESSION_NOT_FOUND", "The broker has no such share session.";
    InvalidShareSessionEpoch = 123, retriable, "INVALID_SHARE_SESSION_EPOCH", "The share session's epoch is not the expected one.";
    FencedStateEpoch = 124, final, "FENCED_STATE_EPOCH", "The share group's state epoch is out of date.";
    InvalidVoterKey = 125, final, "INVALID_VOTER_KEY", "The voter's key is not the one that this node has.";
    DuplicateVoter = 126, final, "DUPLICATE_VOTER", "This node is a voter already.";
    VoterNotFound = 127, final, "VOTER_NOT_FOUND", "This node is not a voter.";
    InvalidRegularExpression = 128, final, "INVALID_REGULAR_EXPRESSION", "The regular expression is not valid.";
    RebootstrapRequired = 129, final, "REBOOTSTRAP_REQUIRED", "The client's view of the cluster is too old; it must bootstrap anew.";
    StreamsInvalidTopology = 130, final, "STREAMS_INVALID_TOPOLOGY", "The streams topology is not valid.";
    StreamsInvalidTopologyEpoch = 131, final, "STREAMS_INVALID_TOPOLOGY_EPOCH", "The epoch of the streams topology is not valid.";
    StreamsTopologyFenced = 132, final, "STREAMS_TOPOLOGY_FENCED", "The epoch of the streams topology is out of date.";
    ShareSessionLimitReached = 133, retriable, "SHARE_SESSION_LIMIT_REACHED", "The broker has as many share sessions as it allows.";
}

impl ErrorCode {
    /// The code on the wire.
    #[must_use]
    pub const fn code(self) -> i16 {
        self as i16
    }

    /// Whether it is an error at all.
    #[must_use]
    pub const fn is_error(self) -> bool {
        !matches!(self, Self::None)
    }
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_dense_and_round_trip() {
        for (index, error) in ErrorCode::ALL.iter().enumerate() {
            assert_eq!(usize::try_from(error.code() + 1), Ok(index));
            assert_eq!(ErrorCode::from_code(error.code()), *error);
        }
        assert_eq!(ErrorCode::ALL.len(), 135);
        assert_eq!(ErrorCode::from_code(9999), ErrorCode::UnknownServerError);
    }

    #[test]
    fn what_clients_retry() {
        assert!(ErrorCode::NotLeaderOrFollower.is_retriable());
        assert!(ErrorCode::CorruptMessage.is_retriable());
        assert!(!ErrorCode::MessageTooLarge.is_retriable());
        assert!(!ErrorCode::RebalanceInProgress.is_retriable());
        assert!(!ErrorCode::None.is_error());
    }
}
