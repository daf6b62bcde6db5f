//! Broker configs: replication, quotas and measurements.

use crate::config::definition::DefaultValue::{Is, Unset};
use crate::config::table::definitions;
use crate::config::validator::Empty;
use crate::config::validator::Validator::{Any, AtLeast, Distinct};

definitions! {
    "alter.log.dirs.replication.quota.window.num": Int = Is("11"), AtLeast(1), Low ReadOnly Public
        "Samples kept for the quota on moves between log directories.";
    "alter.log.dirs.replication.quota.window.size.seconds": Int = Is("1"), AtLeast(1), Low ReadOnly Public
        "Length of one such sample.";
    "auto.leader.rebalance.enable": Boolean = Is("true"), Any, High ReadOnly Public
        "Whether leadership moves back to preferred replicas by itself.";
    "client.quota.callback.class": Class = Unset, Any, Low ReadOnly Public
        "A JVM class that decides client quotas; Highwater can not load one.";
    "default.replication.factor": Int = Is("1"), Any, Medium ReadOnly Public
        "Copies of each partition of a topic that is created without a number.";
    "follower.replication.throttled.rate": Long = Is("9223372036854775807"), AtLeast(0), Medium ClusterWide Public
        "Most bytes a second that this broker copies as a throttled follower.";
    "kafka.metrics.polling.interval.secs": Int = Is("10"), AtLeast(1), Low ReadOnly Public
        "How often JVM metric reporters are called; accepted and not used.";
    "kafka.metrics.reporters": List = Is(""), Distinct(Empty::Allowed), Low ReadOnly Public
        "JVM metric reporters; Highwater can not load them.";
    "leader.imbalance.check.interval.seconds": Long = Is("300"), AtLeast(1), High ReadOnly Public
        "How often the controller looks for leaders away from their preferred broker.";
    "leader.replication.throttled.rate": Long = Is("9223372036854775807"), AtLeast(0), Medium ClusterWide Public
        "Most bytes a second that this broker sends as a throttled leader.";
    "metric.reporters": List = Is("org.apache.kafka.common.metrics.JmxReporter"), Distinct(Empty::Allowed), Low ClusterWide Public
        "JVM metric reporters; Highwater can not load them.";
    "metrics.num.samples": Int = Is("2"), AtLeast(1), Low ReadOnly Public
        "Samples kept for each measured rate.";
    "metrics.recording.level": String = Is("INFO"), Any, Low ReadOnly Public
        "How much is measured; accepted and not used.";
    "metrics.sample.window.ms": Long = Is("30000"), AtLeast(1), Low ReadOnly Public
        "Length of one such sample.";
    "min.insync.replicas": Int = Is("1"), AtLeast(1), High ClusterWide Public
        "Replicas that must be in sync for a write with acks=all.";
    "num.replica.alter.log.dirs.threads": Int = Unset, Any, High ReadOnly Public
        "Threads that move replicas between log directories; accepted, Highwater sizes its own.";
    "num.replica.fetchers": Int = Is("1"), AtLeast(1), High ClusterWide Public
        "Threads that copy from each leader; accepted, Highwater's leaders push.";
    "quota.window.num": Int = Is("11"), AtLeast(1), Low ReadOnly Public
        "Samples kept for client quotas.";
    "quota.window.size.seconds": Int = Is("1"), AtLeast(1), Low ReadOnly Public
        "Length of one such sample.";
    "replica.alter.log.dirs.io.max.bytes.per.second": Long = Is("9223372036854775807"), AtLeast(0), Medium ClusterWide Public
        "Most bytes a second that move between log directories.";
    "replica.fetch.backoff.ms": Int = Is("1000"), AtLeast(0), Medium ReadOnly Public
        "Wait after a failed attempt to copy from a leader.";
    "replica.fetch.max.bytes": Int = Is("1048576"), AtLeast(0), Medium ReadOnly Public
        "Bytes of one partition that a follower asks for at a time.";
    "replica.fetch.min.bytes": Int = Is("1"), Any, High ReadOnly Public
        "Bytes that a follower waits for.";
    "replica.fetch.response.max.bytes": Int = Is("10485760"), AtLeast(0), Medium ReadOnly Public
        "Bytes of all partitions that a follower asks for at a time.";
    "replica.fetch.wait.max.ms": Int = Is("500"), Any, High ReadOnly Public
        "How long a follower waits for those bytes.";
    "replica.high.watermark.checkpoint.interval.ms": Long = Is("5000"), Any, High ReadOnly Public
        "How often high watermarks are written to disk.";
    "replica.lag.time.max.ms": Long = Is("30000"), Any, High ReadOnly Public
        "A follower that has not caught up for this long leaves the in-sync set.";
    "replica.selector.class": String = Unset, Any, Medium ReadOnly Public
        "Which replica a consumer is sent to; a class name that Highwater knows.";
    "replica.socket.receive.buffer.bytes": Int = Is("65536"), Any, High ReadOnly Public
        "Receive buffer of connections to leaders.";
    "replica.socket.timeout.ms": Int = Is("30000"), Any, High ReadOnly Public
        "How long a request to a leader may take.";
    // Not one of Kafka's.
    "replication.listener.name": String = Is("REPLICATION"), Any, High ReadOnly Public
        "The listener to which other brokers replicate; Highwater's own.";
    "replication.quota.window.num": Int = Is("11"), AtLeast(1), Low ReadOnly Public
        "Samples kept for replication quotas.";
    "replication.quota.window.size.seconds": Int = Is("1"), AtLeast(1), Low ReadOnly Public
        "Length of one such sample.";
    "telemetry.max.bytes": Int = Is("1048576"), AtLeast(1), Low ReadOnly Public
        "Largest report of client metrics that is accepted.";
    "unclean.leader.election.enable": Boolean = Is("false"), Any, High ClusterWide Public
        "Whether a replica that is not in sync may become leader, losing records.";
    "unclean.leader.election.interval.ms": Long = Is("300000"), AtLeast(1), Medium ReadOnly Internal
        "How often the controller looks for partitions that need such a leader.";
}
