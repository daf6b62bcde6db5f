//! Broker configs: transactions and the share coordinator.

use crate::config::definition::DefaultValue::Is;
use crate::config::table::definitions;
use crate::config::validator::Validator::{Any, AtLeast, Between};

definitions! {
    "add.partitions.to.txn.retry.backoff.max.ms": Int = Is("100"), AtLeast(0), High ReadOnly Public
        "Longest wait between attempts to enrol a partition in a transaction.";
    "add.partitions.to.txn.retry.backoff.ms": Int = Is("20"), AtLeast(1), High ReadOnly Public
        "First wait before enrolling a partition in a transaction is tried again.";
    "producer.id.expiration.check.interval.ms": Int = Is("600000"), AtLeast(1), Low ReadOnly Internal
        "How often idle producers are looked for.";
    "producer.id.expiration.ms": Int = Is("86400000"), AtLeast(1), Low ClusterWide Public
        "How long a partition remembers an idle producer.";
    "share.coordinator.append.linger.ms": Int = Is("-1"), AtLeast(-1), Medium ReadOnly Public
        "How long the share coordinator gathers writes; -1 adapts to the load.";
    "share.coordinator.cached.buffer.max.bytes": Int = Is("1048588"), AtLeast(524_288), Medium ClusterWide Public
        "Largest write buffer that the share coordinator keeps for reuse.";
    "share.coordinator.cold.partition.snapshot.interval.ms": Int = Is("300000"), AtLeast(1), Low ReadOnly Internal
        "How often the state of idle share partitions is written whole.";
    "share.coordinator.load.buffer.size": Int = Is("5242880"), AtLeast(1), High ReadOnly Public
        "Bytes read at a time when share group state is loaded.";
    "share.coordinator.snapshot.update.records.per.snapshot": Int = Is("500"), Between(0, 500), Medium ReadOnly Public
        "Changes after which a share partition's state is written whole.";
    "share.coordinator.state.topic.compression.codec": Int = Is("0"), Any, High ReadOnly Public
        "Codec of the share state topic: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.";
    "share.coordinator.state.topic.min.isr": Short = Is("2"), AtLeast(1), High ReadOnly Public
        "Replicas that must be in sync for a write to the share state topic.";
    "share.coordinator.state.topic.num.partitions": Int = Is("50"), AtLeast(1), High ReadOnly Public
        "Partitions of the share state topic; not to be changed later.";
    "share.coordinator.state.topic.prune.interval.ms": Int = Is("300000"), AtLeast(1), Low ReadOnly Internal
        "How often state that is no longer needed is removed from that topic.";
    "share.coordinator.state.topic.replication.factor": Short = Is("3"), AtLeast(1), High ReadOnly Public
        "Copies of the share state topic.";
    "share.coordinator.state.topic.segment.bytes": Int = Is("104857600"), AtLeast(1), High ReadOnly Public
        "Largest segment of the share state topic.";
    "share.coordinator.threads": Int = Is("1"), AtLeast(1), Medium ReadOnly Public
        "Threads of the share coordinator; accepted, Highwater sizes its own.";
    "share.coordinator.write.timeout.ms": Int = Is("5000"), AtLeast(1), High ReadOnly Public
        "How long a write of the share coordinator waits for its replicas.";
    "share.fetch.purgatory.purge.interval.requests": Int = Is("1000"), Any, Medium ReadOnly Public
        "After how many share fetches the waiting list is tidied; accepted and not needed.";
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": Int = Is("10000"), AtLeast(1), Low ReadOnly Public
        "How often transactions that took too long are looked for.";
    "transaction.max.timeout.ms": Int = Is("900000"), AtLeast(1), High ReadOnly Public
        "Longest transaction timeout that a producer may ask for.";
    "transaction.partition.verification.enable": Boolean = Is("true"), Any, Low ClusterWide Public
        "Whether a write in a transaction is checked against the coordinator.";
    "transaction.remove.expired.transaction.cleanup.interval.ms": Int = Is("3600000"), AtLeast(1), Low ReadOnly Public
        "How often transactional ids that are no longer used are removed.";
    "transaction.state.log.load.buffer.size": Int = Is("5242880"), AtLeast(1), High ReadOnly Public
        "Bytes read at a time when transaction state is loaded.";
    "transaction.state.log.min.isr": Int = Is("2"), AtLeast(1), High ReadOnly Public
        "Replicas that must be in sync for a write to the transaction topic.";
    "transaction.state.log.num.partitions": Int = Is("50"), AtLeast(1), High ReadOnly Public
        "Partitions of the transaction topic; not to be changed later.";
    "transaction.state.log.replication.factor": Short = Is("3"), AtLeast(1), High ReadOnly Public
        "Copies of the transaction topic.";
    "transaction.state.log.segment.bytes": Int = Is("104857600"), AtLeast(1), High ReadOnly Public
        "Largest segment of the transaction topic.";
    "transaction.two.phase.commit.enable": Boolean = Is("false"), Any, Low ReadOnly Public
        "Whether producers may take part in two-phase commits.";
    "transactional.id.expiration.ms": Int = Is("604800000"), AtLeast(1), High ReadOnly Public
        "How long an unused transactional id is remembered.";
}
