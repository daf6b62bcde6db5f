//! Broker configs: the node, its controller and the metadata log.

use crate::config::definition::DefaultValue::{Is, Required, Unset};
use crate::config::table::definitions;
use crate::config::validator::Empty;
use crate::config::validator::Validator::{Any, AtLeast, Distinct, ListOf};

definitions! {
    "broker.heartbeat.interval.ms": Int = Is("300"), Any, Medium ReadOnly Public
        "Time between two heartbeats from a broker to the controller; 2000 in Kafka.";
    "broker.id": Int = Is("-1"), Any, High ReadOnly Public
        "The old name of node.id.";
    "broker.rack": String = Unset, Any, Medium ReadOnly Public
        "The rack or zone of this broker, used to spread replicas.";
    "broker.session.timeout.ms": Int = Is("1500"), Any, Medium ReadOnly Public
        "Without a heartbeat for this long a broker is fenced; 9000 in Kafka.";
    "controller.listener.names": List = Required, Distinct(Empty::Refused), High ReadOnly Public
        "Names of the listeners that the controller uses.";
    "controller.performance.always.log.threshold.ms": Long = Is("2000"), AtLeast(0), Medium ReadOnly Internal
        "Controller events that take longer than this are always logged.";
    "controller.performance.sample.period.ms": Long = Is("60000"), AtLeast(100), Medium ReadOnly Internal
        "How often figures about controller events are logged.";
    "controller.quorum.append.linger.ms": Int = Is("25"), AtLeast(0), Medium ReadOnly Public
        "How long the leader of the quorum waits to gather metadata records into one write.";
    "controller.quorum.auto.join.enable": Boolean = Is("false"), Any, Low ReadOnly Public
        "Whether a controller adds itself to the voters.";
    "controller.quorum.bootstrap.servers": List = Is(""), Any, High ReadOnly Public
        "Where to find the quorum: host:port of some controllers.";
    "controller.quorum.election.backoff.max.ms": Int = Is("1000"), AtLeast(0), High ReadOnly Public
        "Longest random wait before the next election after one without a winner.";
    "controller.quorum.election.timeout.ms": Int = Is("1000"), AtLeast(0), High ReadOnly Public
        "How long a candidate waits for votes; accepted, a candidate here waits as long as a voter does.";
    "controller.quorum.fetch.max.bytes": Int = Is("1048576"), AtLeast(1), Low ReadOnly Public
        "Largest answer when metadata records are read from the quorum.";
    "controller.quorum.fetch.snapshot.max.bytes": Int = Is("1048576"), AtLeast(1), Low ReadOnly Public
        "Largest piece of a metadata snapshot in one answer.";
    "controller.quorum.fetch.timeout.ms": Int = Is("150"), AtLeast(0), High ReadOnly Public
        "Without word from the quorum's leader for one to two times this long an election starts; 2000 in Kafka.";
    "controller.quorum.request.timeout.ms": Int = Is("2000"), AtLeast(0), Medium ReadOnly Public
        "How long a request within the quorum may take.";
    "controller.quorum.retry.backoff.ms": Int = Is("20"), AtLeast(0), Low ReadOnly Public
        "Wait before a failed request within the quorum is sent again.";
    "controller.quorum.voters": List = Is(""), Any, High ReadOnly Public
        "The fixed set of voters: id@host:port, separated by commas.";
    "controller.quota.window.num": Int = Is("11"), AtLeast(1), Low ReadOnly Public
        "Samples kept for the quota on controller changes.";
    "controller.quota.window.size.seconds": Int = Is("1"), AtLeast(1), Low ReadOnly Public
        "Length of one such sample.";
    "controller.socket.timeout.ms": Int = Is("30000"), Any, Medium ReadOnly Public
        "How long a request to the controller may take.";
    "initial.broker.registration.timeout.ms": Int = Is("60000"), Any, Medium ReadOnly Public
        "A broker that can not register within this time stops.";
    "internal.metadata.delete.delay.millis": Long = Is("60000"), Any, Low ReadOnly Internal
        "Wait before an old metadata segment is removed from disk.";
    "internal.metadata.log.segment.bytes": Int = Unset, Any, Low ReadOnly Internal
        "Metadata segment size for tests, without the usual minimum.";
    "internal.metadata.max.batch.size.in.bytes": Int = Is("8388608"), Any, Low ReadOnly Internal
        "Largest batch in the metadata log.";
    "metadata.log.dir": String = Unset, Any, High ReadOnly Public
        "Where the metadata log lives; the first data directory when unset.";
    "metadata.log.max.record.bytes.between.snapshots": Long = Is("20971520"), AtLeast(1), High ReadOnly Public
        "Bytes of metadata after which a snapshot is written.";
    "metadata.log.max.snapshot.interval.ms": Long = Is("3600000"), AtLeast(0), High ReadOnly Public
        "Longest time between two metadata snapshots; 0 means no limit.";
    "metadata.log.segment.bytes": Int = Is("1073741824"), AtLeast(8_388_608), High ReadOnly Public
        "Largest segment of the metadata log.";
    "metadata.log.segment.ms": Long = Is("604800000"), Any, High ReadOnly Public
        "Time after which the metadata log begins a new segment.";
    "metadata.max.idle.interval.ms": Int = Is("500"), AtLeast(0), Low ReadOnly Public
        "How often an idle controller writes a record of no effect; 0 means never.";
    "metadata.max.retention.bytes": Long = Is("104857600"), Any, High ReadOnly Public
        "Bytes kept of the metadata log and its snapshots.";
    "metadata.max.retention.ms": Long = Is("604800000"), Any, High ReadOnly Public
        "How long the metadata log and its snapshots are kept.";
    "node.id": Int = Required, AtLeast(0), High ReadOnly Public
        "The unique number of this node.";
    "process.roles": List = Required, ListOf(&["broker", "controller"], Empty::Refused), High ReadOnly Public
        "What this node is: broker, controller or both.";
    "server.max.startup.time.ms": Long = Is("9223372036854775807"), AtLeast(0), Medium ReadOnly Internal
        "A node that is not ready within this time stops.";
    "unstable.api.versions.enable": Boolean = Is("false"), Any, High ReadOnly Internal
        "Whether API versions that are still in development are served.";
    "unstable.feature.versions.enable": Boolean = Is("false"), Any, High ReadOnly Internal
        "Whether feature levels that are still in development are allowed.";
}
