//! Broker configs: logs and compaction; most are defaults of topics.

use crate::config::definition::DefaultValue::{Is, Unset};
use crate::config::table::definitions;
use crate::config::validator::Empty;
use crate::config::validator::Validator::{
    Any, AtLeast, Between, BetweenOr, Distinct, Fraction, ListOf, OneOf,
};

definitions! {
    "compression.gzip.level": Int = Is("-1"), BetweenOr(1, 9, -1), Medium ClusterWide Public
        "Level used when the broker compresses with gzip; -1 is the library's own choice.";
    "compression.lz4.level": Int = Is("9"), Between(1, 17), Medium ClusterWide Public
        "Level used when the broker compresses with lz4.";
    "compression.type": String = Is("producer"), OneOf(&["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"]), High ClusterWide Public
        "How batches are stored: as the producer sent them, or compressed anew with this codec.";
    "compression.zstd.level": Int = Is("3"), Between(-131_072, 22), Medium ClusterWide Public
        "Level used when the broker compresses with zstd.";
    "cordoned.log.dirs": List = Is(""), Distinct(Empty::Allowed), Medium PerBroker Public
        "Log directories that get no new replicas; an asterisk stands for all.";
    "log.cleaner.backoff.ms": Long = Is("15000"), AtLeast(0), Medium ClusterWide Public
        "How long the log cleaner sleeps when there is nothing to clean.";
    "log.cleaner.dedupe.buffer.size": Long = Is("134217728"), Any, Medium ClusterWide Public
        "Memory for finding the newest record of each key, over all cleaner threads.";
    "log.cleaner.delete.retention.ms": Long = Is("86400000"), AtLeast(0), Medium ClusterWide Public
        "How long tombstones are kept in a compacted topic.";
    "log.cleaner.enable": Boolean = Is("true"), Any, Medium ReadOnly Public
        "Whether compacted topics are compacted.";
    "log.cleaner.io.buffer.load.factor": Double = Is("0.9"), Any, Medium ClusterWide Public
        "How full the cleaner's memory may get.";
    "log.cleaner.io.buffer.size": Int = Is("524288"), AtLeast(0), Medium ClusterWide Public
        "Memory for the cleaner's reads and writes, over all cleaner threads.";
    "log.cleaner.io.max.bytes.per.second": Double = Is("1.7976931348623157E308"), Any, Medium ClusterWide Public
        "Limit on the cleaner's reads and writes.";
    "log.cleaner.max.compaction.lag.ms": Long = Is("9223372036854775807"), AtLeast(1), Medium ClusterWide Public
        "Longest time a record may stay uncompacted.";
    "log.cleaner.min.cleanable.ratio": Double = Is("0.5"), Fraction(0.0, 1.0), Medium ClusterWide Public
        "Smallest share of not yet cleaned bytes that makes a log worth cleaning.";
    "log.cleaner.min.compaction.lag.ms": Long = Is("0"), AtLeast(0), Medium ClusterWide Public
        "Shortest time a record stays uncompacted.";
    "log.cleaner.threads": Int = Is("1"), AtLeast(0), Medium ClusterWide Public
        "Threads that clean compacted topics.";
    "log.cleanup.policy": List = Is("delete"), ListOf(&["compact", "delete"], Empty::Allowed), Medium ClusterWide Public
        "What happens to old segments: delete, compact or both.";
    "log.dir": List = Is("/tmp/kafka-logs"), Distinct(Empty::Refused), High ReadOnly Public
        "The data directory, used when log.dirs is not set.";
    "log.dir.failure.timeout.ms": Long = Is("30000"), AtLeast(1), Low ReadOnly Public
        "A broker that can not report a failed log directory for this long stops.";
    "log.dirs": List = Unset, Distinct(Empty::Refused), High ReadOnly Public
        "The data directories.";
    "log.flush.interval.messages": Long = Is("9223372036854775807"), AtLeast(1), High ClusterWide Public
        "Records of one partition after which it is flushed to disk.";
    "log.flush.interval.ms": Long = Unset, Any, High ClusterWide Public
        "Longest time a record stays unflushed; log.flush.scheduler.interval.ms when unset.";
    "log.flush.offset.checkpoint.interval.ms": Int = Is("60000"), AtLeast(0), High ReadOnly Public
        "How often the points from which logs need recovery are written.";
    "log.flush.scheduler.interval.ms": Long = Is("9223372036854775807"), Any, High ReadOnly Public
        "How often logs are checked for being due to flush.";
    "log.flush.start.offset.checkpoint.interval.ms": Int = Is("60000"), AtLeast(0), High ReadOnly Public
        "How often the first offsets of all logs are written.";
    "log.index.interval.bytes": Int = Is("4096"), AtLeast(0), Medium ClusterWide Public
        "Bytes of a segment between two index entries.";
    "log.index.size.max.bytes": Int = Is("10485760"), AtLeast(4), Medium ClusterWide Public
        "Largest index of one segment.";
    "log.initial.task.delay.ms": Long = Is("30000"), AtLeast(0), Low ReadOnly Internal
        "Wait after start before background work on logs begins.";
    "log.message.timestamp.after.max.ms": Long = Is("3600000"), AtLeast(0), Medium ClusterWide Public
        "How far a record's timestamp may lie in the future.";
    "log.message.timestamp.before.max.ms": Long = Is("9223372036854775807"), AtLeast(0), Medium ClusterWide Public
        "How far a record's timestamp may lie in the past.";
    "log.message.timestamp.type": String = Is("CreateTime"), OneOf(&["CreateTime", "LogAppendTime"]), Medium ClusterWide Public
        "Whether a record carries its creation time or the time it was appended.";
    "log.preallocate": Boolean = Is("false"), Any, Medium ClusterWide Public
        "Whether the file of a new segment gets its full size at once.";
    "log.retention.bytes": Long = Is("-1"), Any, High ClusterWide Public
        "Bytes kept of each partition; -1 means no limit.";
    "log.retention.check.interval.ms": Long = Is("300000"), AtLeast(1), Medium ReadOnly Public
        "How often logs are checked for old segments.";
    "log.retention.hours": Int = Is("168"), Any, High ReadOnly Public
        "Hours that records are kept; log.retention.minutes and .ms come first.";
    "log.retention.minutes": Int = Unset, Any, High ReadOnly Public
        "Minutes that records are kept; log.retention.ms comes first.";
    "log.retention.ms": Long = Unset, Any, High ClusterWide Public
        "Milliseconds that records are kept; -1 means for ever.";
    "log.roll.hours": Int = Is("168"), AtLeast(1), High ReadOnly Public
        "Hours after which a new segment is begun; log.roll.ms comes first.";
    "log.roll.jitter.hours": Int = Is("0"), AtLeast(0), High ReadOnly Public
        "Most hours taken off log.roll.hours at random; log.roll.jitter.ms comes first.";
    "log.roll.jitter.ms": Long = Unset, Any, High ClusterWide Public
        "Most milliseconds taken off log.roll.ms at random.";
    "log.roll.ms": Long = Unset, Any, High ClusterWide Public
        "Milliseconds after which a new segment is begun.";
    "log.segment.bytes": Int = Is("1073741824"), AtLeast(1_048_576), High ClusterWide Public
        "Largest segment file.";
    "log.segment.delete.delay.ms": Long = Is("60000"), AtLeast(0), High ClusterWide Public
        "Wait before the file of a deleted segment is removed.";
    "log.write.caching": Boolean = Is("false"), Any, High ClusterWide Public
        "Whether a record counts as written once it is in the page cache of every in-sync replica, as in Kafka, instead of on its disk. Of Highwater alone.";
    "message.max.bytes": Int = Is("1048588"), AtLeast(0), High ClusterWide Public
        "Largest record batch that is accepted.";
    "num.recovery.threads.per.data.dir": Int = Is("2"), AtLeast(1), High ClusterWide Public
        "Threads per data directory that recover logs at start.";
}
