//! Broker configs: groups and committed offsets.

use crate::config::definition::DefaultValue::Is;
use crate::config::table::definitions;
use crate::config::validator::Empty;
use crate::config::validator::Validator::{Any, AtLeast, Between, Distinct, ListOf, OneOfAnyCase};

definitions! {
    "group.consumer.assignment.interval.ms": Int = Is("1000"), AtLeast(0), Medium ClusterWide Public
        "Shortest time between two assignments of a consumer group.";
    "group.consumer.assignors": List = Is("uniform,range"), Distinct(Empty::Refused), Medium ReadOnly Public
        "Assignors that the broker offers to consumer groups, the default first.";
    "group.consumer.heartbeat.interval.ms": Int = Is("5000"), AtLeast(1), Medium ReadOnly Public
        "Time between heartbeats of a consumer group's member.";
    "group.consumer.max.assignment.interval.ms": Int = Is("15000"), AtLeast(0), Medium ReadOnly Public
        "Largest assignment interval that a consumer group may be given.";
    "group.consumer.max.heartbeat.interval.ms": Int = Is("15000"), AtLeast(1), Medium ReadOnly Public
        "Largest heartbeat interval that a consumer group may be given.";
    "group.consumer.max.session.timeout.ms": Int = Is("60000"), AtLeast(1), Medium ReadOnly Public
        "Largest session timeout that a consumer group may be given.";
    "group.consumer.max.size": Int = Is("2147483647"), AtLeast(1), Medium ReadOnly Public
        "Most members of one consumer group.";
    "group.consumer.migration.policy": String = Is("bidirectional"), OneOfAnyCase(&["DISABLED", "DOWNGRADE", "UPGRADE", "BIDIRECTIONAL"]), Medium ReadOnly Public
        "Whether groups may change between the classic and the consumer protocol while in use.";
    "group.consumer.min.assignment.interval.ms": Int = Is("0"), AtLeast(0), Medium ReadOnly Public
        "Smallest assignment interval that a consumer group may be given.";
    "group.consumer.min.heartbeat.interval.ms": Int = Is("5000"), AtLeast(1), Medium ReadOnly Public
        "Smallest heartbeat interval that a consumer group may be given.";
    "group.consumer.min.session.timeout.ms": Int = Is("45000"), AtLeast(1), Medium ReadOnly Public
        "Smallest session timeout that a consumer group may be given.";
    "group.consumer.regex.refresh.interval.ms": Int = Is("600000"), AtLeast(10_000), Medium ReadOnly Internal
        "How often subscriptions by pattern are compared with the topics.";
    "group.consumer.session.timeout.ms": Int = Is("45000"), AtLeast(1), Medium ReadOnly Public
        "Without a heartbeat for this long a member leaves its consumer group.";
    "group.coordinator.append.linger.ms": Int = Is("-1"), AtLeast(-1), Medium ReadOnly Public
        "How long the group coordinator gathers writes; -1 adapts to the load.";
    "group.coordinator.background.threads": Int = Is("2"), AtLeast(1), High ReadOnly Public
        "Threads for the group coordinator's slow work; accepted, Highwater sizes its own.";
    "group.coordinator.cached.buffer.max.bytes": Int = Is("1048588"), AtLeast(524_288), Medium ClusterWide Public
        "Largest write buffer that the group coordinator keeps for reuse.";
    "group.coordinator.rebalance.protocols": List = Is("classic,consumer,streams"), ListOf(&["consumer", "classic", "share", "streams"], Empty::Refused), Medium ReadOnly Public
        "Group protocols that are served.";
    "group.coordinator.threads": Int = Is("4"), AtLeast(1), High ReadOnly Public
        "Threads of the group coordinator; accepted, Highwater sizes its own.";
    "group.initial.rebalance.delay.ms": Int = Is("3000"), Any, Medium ReadOnly Public
        "How long a new classic group waits for more members before its first assignment.";
    "group.max.session.timeout.ms": Int = Is("1800000"), Any, Medium ReadOnly Public
        "Largest session timeout a classic member may ask for.";
    "group.max.size": Int = Is("2147483647"), AtLeast(1), Medium ReadOnly Public
        "Most members of one classic group.";
    "group.min.session.timeout.ms": Int = Is("6000"), Any, Medium ReadOnly Public
        "Smallest session timeout a classic member may ask for.";
    "group.share.assignment.interval.ms": Int = Is("1000"), AtLeast(0), Medium ClusterWide Public
        "Shortest time between two assignments of a share group.";
    "group.share.assignors": List = Is("simple"), Distinct(Empty::Refused), Medium ReadOnly Public
        "Assignors of share groups.";
    "group.share.delivery.count.limit": Int = Is("5"), Between(2, 10), Medium ReadOnly Public
        "How often a record of a share group is delivered before it is given up.";
    "group.share.heartbeat.interval.ms": Int = Is("5000"), AtLeast(1), Medium ReadOnly Public
        "Time between heartbeats of a share group's member.";
    "group.share.initialize.retry.interval.ms": Int = Is("30000"), AtLeast(1), Low ReadOnly Internal
        "Wait before a share partition's state is initialised again.";
    "group.share.max.assignment.interval.ms": Int = Is("15000"), AtLeast(0), Medium ReadOnly Public
        "Largest assignment interval that a share group may be given.";
    "group.share.max.delivery.count.limit": Int = Is("10"), Between(5, 25), Medium ReadOnly Public
        "Largest delivery limit that a share group may be given.";
    "group.share.max.heartbeat.interval.ms": Int = Is("15000"), AtLeast(1), Medium ReadOnly Public
        "Largest heartbeat interval that a share group may be given.";
    "group.share.max.partition.max.record.locks": Int = Is("4000"), Between(2000, 10_000), Medium ReadOnly Public
        "Largest number of locks per partition that a share group may be given.";
    "group.share.max.record.lock.duration.ms": Int = Is("60000"), Between(30_000, 3_600_000), Medium ReadOnly Public
        "Longest lock on a record that a share group may be given.";
    "group.share.max.session.timeout.ms": Int = Is("60000"), AtLeast(1), Medium ReadOnly Public
        "Largest session timeout that a share group may be given.";
    "group.share.max.share.sessions": Int = Is("2000"), AtLeast(1), Medium ReadOnly Public
        "Most share sessions on this broker.";
    "group.share.max.size": Int = Is("200"), Between(1, 1000), Medium ReadOnly Public
        "Most members of one share group.";
    "group.share.min.assignment.interval.ms": Int = Is("0"), AtLeast(0), Medium ReadOnly Public
        "Smallest assignment interval that a share group may be given.";
    "group.share.min.delivery.count.limit": Int = Is("2"), Between(2, 5), Medium ReadOnly Public
        "Smallest delivery limit that a share group may be given.";
    "group.share.min.heartbeat.interval.ms": Int = Is("5000"), AtLeast(1), Medium ReadOnly Public
        "Smallest heartbeat interval that a share group may be given.";
    "group.share.min.partition.max.record.locks": Int = Is("100"), Between(100, 2000), Medium ReadOnly Public
        "Smallest number of locks per partition that a share group may be given.";
    "group.share.min.record.lock.duration.ms": Int = Is("15000"), Between(1000, 30_000), Medium ReadOnly Public
        "Shortest lock on a record that a share group may be given.";
    "group.share.min.session.timeout.ms": Int = Is("45000"), AtLeast(1), Medium ReadOnly Public
        "Smallest session timeout that a share group may be given.";
    "group.share.partition.max.record.locks": Int = Is("2000"), Between(100, 10_000), Medium ReadOnly Public
        "Most records of one share partition that are locked at a time.";
    "group.share.persister.class.name": String = Is("org.apache.kafka.server.share.persister.DefaultStatePersister"), Any, Medium ReadOnly Internal
        "A JVM class that stores share group state; Highwater can not load one.";
    "group.share.record.lock.duration.ms": Int = Is("30000"), Between(1000, 3_600_000), Medium ReadOnly Public
        "How long a record stays locked for the member that got it.";
    "group.share.session.timeout.ms": Int = Is("45000"), AtLeast(1), Medium ReadOnly Public
        "Without a heartbeat for this long a member leaves its share group.";
    "group.streams.assignment.interval.ms": Int = Is("1000"), AtLeast(0), Medium ClusterWide Public
        "Shortest time between two assignments of a streams group.";
    "group.streams.heartbeat.interval.ms": Int = Is("5000"), AtLeast(1), Medium ReadOnly Public
        "Time between heartbeats of a streams group's member.";
    "group.streams.initial.rebalance.delay.ms": Int = Is("3000"), AtLeast(0), Medium ReadOnly Public
        "How long a new streams group waits for more members before its first assignment.";
    "group.streams.max.assignment.interval.ms": Int = Is("15000"), AtLeast(0), Medium ReadOnly Public
        "Largest assignment interval that a streams group may be given.";
    "group.streams.max.heartbeat.interval.ms": Int = Is("15000"), AtLeast(1), Medium ReadOnly Public
        "Largest heartbeat interval that a streams group may be given.";
    "group.streams.max.session.timeout.ms": Int = Is("60000"), AtLeast(1), Medium ReadOnly Public
        "Largest session timeout that a streams group may be given.";
    "group.streams.max.size": Int = Is("2147483647"), AtLeast(1), Medium ReadOnly Public
        "Most members of one streams group.";
    "group.streams.max.standby.replicas": Int = Is("2"), AtLeast(0), Medium ReadOnly Public
        "Most standby copies of a task that a streams group may be given.";
    "group.streams.min.assignment.interval.ms": Int = Is("0"), AtLeast(0), Medium ReadOnly Public
        "Smallest assignment interval that a streams group may be given.";
    "group.streams.min.heartbeat.interval.ms": Int = Is("5000"), AtLeast(1), Medium ReadOnly Public
        "Smallest heartbeat interval that a streams group may be given.";
    "group.streams.min.session.timeout.ms": Int = Is("45000"), AtLeast(1), Medium ReadOnly Public
        "Smallest session timeout that a streams group may be given.";
    "group.streams.num.standby.replicas": Int = Is("0"), AtLeast(0), Medium ReadOnly Public
        "Standby copies of each stateful task of a streams group.";
    "group.streams.session.timeout.ms": Int = Is("45000"), AtLeast(1), Medium ReadOnly Public
        "Without a heartbeat for this long a member leaves its streams group.";
    "offset.metadata.max.bytes": Int = Is("4096"), Any, High ReadOnly Public
        "Largest note that a client may store with a committed offset.";
    "offsets.commit.timeout.ms": Int = Is("5000"), AtLeast(1), High ReadOnly Public
        "How long a commit waits for its replicas.";
    "offsets.load.buffer.size": Int = Is("5242880"), AtLeast(1), High ReadOnly Public
        "Bytes read at a time when committed offsets are loaded.";
    "offsets.retention.check.interval.ms": Long = Is("600000"), AtLeast(1), High ReadOnly Public
        "How often old committed offsets are looked for.";
    "offsets.retention.minutes": Int = Is("10080"), AtLeast(1), High ReadOnly Public
        "How long the offsets of an empty group are kept.";
    "offsets.topic.compression.codec": Int = Is("0"), Any, High ReadOnly Public
        "Codec of the offsets topic: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.";
    "offsets.topic.num.partitions": Int = Is("50"), AtLeast(1), High ReadOnly Public
        "Partitions of the offsets topic; not to be changed later.";
    "offsets.topic.replication.factor": Short = Is("3"), AtLeast(1), High ReadOnly Public
        "Copies of the offsets topic.";
    "offsets.topic.segment.bytes": Int = Is("104857600"), AtLeast(1), High ReadOnly Public
        "Largest segment of the offsets topic.";
}
