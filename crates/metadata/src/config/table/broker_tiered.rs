//! Broker configs: tiered storage.

use crate::config::definition::DefaultValue::{Is, Unset};
use crate::config::table::definitions;
use crate::config::validator::Validator::{Any, AtLeast, Fraction, NotEmpty};

definitions! {
    "follower.fetch.last.tiered.offset.enable": Boolean = Is("false"), Any, Medium ClusterWide Public
        "Whether a new follower starts after what is in tiered storage.";
    "log.local.retention.bytes": Long = Is("-2"), AtLeast(-2), Medium ClusterWide Public
        "Bytes kept locally of a tiered partition; -2 means as log.retention.bytes.";
    "log.local.retention.ms": Long = Is("-2"), AtLeast(-2), Medium ClusterWide Public
        "Time kept locally of a tiered partition; -2 means as log.retention.ms.";
    "remote.fetch.max.wait.ms": Int = Is("500"), AtLeast(1), Medium ClusterWide Public
        "How long a fetch waits for tiered storage.";
    "remote.list.offsets.request.timeout.ms": Long = Is("30000"), AtLeast(1), Medium ClusterWide Public
        "How long a search for an offset in tiered storage may take.";
    "remote.log.index.file.cache.total.size.bytes": Long = Is("1073741824"), AtLeast(1), Low ClusterWide Public
        "Disk space for indexes fetched from tiered storage.";
    "remote.log.index.file.cache.ttl.ms": Long = Is("900000"), AtLeast(-1), Low ReadOnly Internal
        "How long an unused index from tiered storage is kept.";
    "remote.log.manager.copier.thread.pool.size": Int = Is("10"), AtLeast(1), Medium ClusterWide Public
        "Threads that copy segments to tiered storage.";
    "remote.log.manager.copy.max.bytes.per.second": Long = Is("9223372036854775807"), AtLeast(1), Medium ClusterWide Public
        "Limit on copying to tiered storage.";
    "remote.log.manager.copy.quota.window.num": Int = Is("11"), AtLeast(1), Medium ReadOnly Public
        "Samples kept for that limit.";
    "remote.log.manager.copy.quota.window.size.seconds": Int = Is("1"), AtLeast(1), Medium ReadOnly Public
        "Length of one such sample.";
    "remote.log.manager.expiration.thread.pool.size": Int = Is("10"), AtLeast(1), Medium ClusterWide Public
        "Threads that remove old segments from tiered storage.";
    "remote.log.manager.fetch.max.bytes.per.second": Long = Is("9223372036854775807"), AtLeast(1), Medium ClusterWide Public
        "Limit on reading from tiered storage.";
    "remote.log.manager.fetch.quota.window.num": Int = Is("11"), AtLeast(1), Medium ReadOnly Public
        "Samples kept for that limit.";
    "remote.log.manager.fetch.quota.window.size.seconds": Int = Is("1"), AtLeast(1), Medium ReadOnly Public
        "Length of one such sample.";
    "remote.log.manager.follower.thread.pool.size": Int = Is("2"), AtLeast(1), Medium ClusterWide Public
        "Threads for followers of tiered partitions.";
    "remote.log.manager.task.interval.ms": Long = Is("30000"), AtLeast(1), Low ReadOnly Public
        "How often each partition's tiered storage is attended to.";
    "remote.log.manager.task.retry.backoff.max.ms": Long = Is("30000"), AtLeast(1), Low ReadOnly Internal
        "Longest wait before work on tiered storage is tried again.";
    "remote.log.manager.task.retry.backoff.ms": Long = Is("500"), AtLeast(1), Low ReadOnly Internal
        "First wait before work on tiered storage is tried again.";
    "remote.log.manager.task.retry.jitter": Double = Is("0.2"), Fraction(0.0, 0.5), Low ReadOnly Internal
        "How much those waits vary at random.";
    "remote.log.manager.thread.pool.size": Int = Is("2"), AtLeast(1), Medium ReadOnly Public
        "Threads for tiered storage as a whole.";
    "remote.log.metadata.custom.metadata.max.bytes": Int = Is("128"), AtLeast(0), Low ReadOnly Public
        "Largest note that a storage plugin may keep about a segment.";
    "remote.log.metadata.manager.class.name": String = Is("org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager"), NotEmpty, Medium ReadOnly Public
        "A JVM class that keeps tiered storage's metadata; Highwater can not load one.";
    "remote.log.metadata.manager.class.path": String = Unset, Any, Medium ReadOnly Public
        "Where that JVM class is found.";
    "remote.log.metadata.manager.impl.prefix": String = Is("rlmm.config."), NotEmpty, Medium ReadOnly Public
        "Prefix of the settings handed to that JVM class.";
    "remote.log.metadata.manager.listener.name": String = Unset, NotEmpty, Medium ReadOnly Public
        "The listener that tiered storage's metadata uses.";
    "remote.log.reader.max.pending.tasks": Int = Is("100"), AtLeast(1), Medium ReadOnly Public
        "Reads from tiered storage that may wait.";
    "remote.log.reader.threads": Int = Is("10"), AtLeast(1), Medium ClusterWide Public
        "Threads that read from tiered storage.";
    "remote.log.storage.manager.class.name": String = Unset, NotEmpty, Medium ReadOnly Public
        "A JVM class that reaches tiered storage; Highwater can not load one.";
    "remote.log.storage.manager.class.path": String = Unset, Any, Medium ReadOnly Public
        "Where that JVM class is found.";
    "remote.log.storage.manager.impl.prefix": String = Is("rsm.config."), NotEmpty, Medium ReadOnly Public
        "Prefix of the settings handed to that JVM class.";
    "remote.log.storage.system.enable": Boolean = Is("false"), Any, Medium ReadOnly Public
        "Whether tiered storage is available.";
}
