//! The configs of a topic.

use crate::config::definition::DefaultValue::{Is, Unset};
use crate::config::table::definitions;
use crate::config::validator::Empty;
use crate::config::validator::Validator::{
    Any, AtLeast, Between, BetweenOr, Fraction, ListOf, OneOf, ThrottledReplicas,
};

definitions! {
    "cleanup.policy": List = Is("delete"), ListOf(&["compact", "delete"], Empty::Allowed), Medium ClusterWide Public
        "What happens to old segments: delete, compact or both.";
    "compression.gzip.level": Int = Is("-1"), BetweenOr(1, 9, -1), Medium ClusterWide Public
        "Level used when the broker compresses with gzip; -1 is the library's own choice.";
    "compression.lz4.level": Int = Is("9"), Between(1, 17), Medium ClusterWide Public
        "Level used when the broker compresses with lz4.";
    "compression.type": String = Is("producer"), OneOf(&["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"]), Medium ClusterWide Public
        "How batches are stored: as the producer sent them, or compressed anew with this codec.";
    "compression.zstd.level": Int = Is("3"), Between(-131_072, 22), Medium ClusterWide Public
        "Level used when the broker compresses with zstd.";
    "delete.retention.ms": Long = Is("86400000"), AtLeast(0), Medium ClusterWide Public
        "How long tombstones are kept when the topic is compacted.";
    "file.delete.delay.ms": Long = Is("60000"), AtLeast(0), Medium ClusterWide Public
        "Wait before the file of a deleted segment is removed.";
    "flush.messages": Long = Is("9223372036854775807"), AtLeast(1), Medium ClusterWide Public
        "Records of a partition after which it is flushed to disk.";
    "flush.ms": Long = Is("9223372036854775807"), AtLeast(0), Medium ClusterWide Public
        "Longest time a record stays unflushed.";
    "follower.replication.throttled.replicas": List = Is(""), ThrottledReplicas, Medium ClusterWide Public
        "Followers under the replication throttle: partition:broker pairs, or an asterisk.";
    "index.interval.bytes": Int = Is("4096"), AtLeast(0), Medium ClusterWide Public
        "Bytes of a segment between two index entries.";
    "internal.segment.bytes": Int = Unset, Any, Medium ClusterWide Internal
        "Segment size for tests, without the usual minimum.";
    "leader.replication.throttled.replicas": List = Is(""), ThrottledReplicas, Medium ClusterWide Public
        "Leaders under the replication throttle: partition:broker pairs, or an asterisk.";
    "local.retention.bytes": Long = Is("-2"), AtLeast(-2), Medium ClusterWide Public
        "Bytes kept locally when the topic is tiered; -2 means as retention.bytes.";
    "local.retention.ms": Long = Is("-2"), AtLeast(-2), Medium ClusterWide Public
        "Time kept locally when the topic is tiered; -2 means as retention.ms.";
    "max.compaction.lag.ms": Long = Is("9223372036854775807"), AtLeast(1), Medium ClusterWide Public
        "Longest time a record may stay uncompacted.";
    "max.message.bytes": Int = Is("1048588"), AtLeast(0), Medium ClusterWide Public
        "Largest record batch that is accepted.";
    "message.timestamp.after.max.ms": Long = Is("3600000"), AtLeast(0), Medium ClusterWide Public
        "How far a record's timestamp may lie in the future.";
    "message.timestamp.before.max.ms": Long = Is("9223372036854775807"), AtLeast(0), Medium ClusterWide Public
        "How far a record's timestamp may lie in the past.";
    "message.timestamp.type": String = Is("CreateTime"), OneOf(&["CreateTime", "LogAppendTime"]), Medium ClusterWide Public
        "Whether a record carries its creation time or the time it was appended.";
    "min.cleanable.dirty.ratio": Double = Is("0.5"), Fraction(0.0, 1.0), Medium ClusterWide Public
        "Smallest share of not yet cleaned bytes that makes a partition worth cleaning.";
    "min.compaction.lag.ms": Long = Is("0"), AtLeast(0), Medium ClusterWide Public
        "Shortest time a record stays uncompacted.";
    "min.insync.replicas": Int = Is("1"), AtLeast(1), Medium ClusterWide Public
        "Replicas that must be in sync for a write with acks=all.";
    "preallocate": Boolean = Is("false"), Any, Medium ClusterWide Public
        "Whether the file of a new segment gets its full size at once.";
    "remote.log.copy.disable": Boolean = Is("false"), Any, Medium ClusterWide Public
        "Whether a tiered topic stops copying and becomes read-only in tiered storage.";
    "remote.log.delete.on.disable": Boolean = Is("false"), Any, Medium ClusterWide Public
        "Whether tiered data is deleted when tiering is switched off.";
    "remote.storage.enable": Boolean = Is("false"), Any, Medium ClusterWide Public
        "Whether the topic uses tiered storage.";
    "retention.bytes": Long = Is("-1"), Any, Medium ClusterWide Public
        "Bytes kept of each partition; -1 means no limit.";
    "retention.ms": Long = Is("604800000"), AtLeast(-1), Medium ClusterWide Public
        "Milliseconds that records are kept; -1 means for ever.";
    "segment.bytes": Int = Is("1073741824"), AtLeast(1_048_576), Medium ClusterWide Public
        "Largest segment file.";
    "segment.index.bytes": Int = Is("10485760"), AtLeast(4), Medium ClusterWide Public
        "Largest index of one segment.";
    "segment.jitter.ms": Long = Is("0"), AtLeast(0), Medium ClusterWide Public
        "Most milliseconds taken off segment.ms at random.";
    "segment.ms": Long = Is("604800000"), AtLeast(1), Medium ClusterWide Public
        "Milliseconds after which a new segment is begun.";
    "unclean.leader.election.enable": Boolean = Is("false"), Any, Medium ClusterWide Public
        "Whether a replica that is not in sync may become leader, losing records.";
    "write.caching": Boolean = Is("false"), Any, High ClusterWide Public
        "Whether a record counts as written once it is in the page cache of every in-sync replica, as in Kafka, instead of on its disk. Of Highwater alone.";
}
