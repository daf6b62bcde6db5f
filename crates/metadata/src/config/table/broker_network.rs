//! Broker configs: listeners, requests and topic creation.

use crate::config::definition::DefaultValue::{Is, Unset};
use crate::config::table::definitions;
use crate::config::validator::Empty;
use crate::config::validator::Validator::{Any, AtLeast, Distinct};

definitions! {
    "advertised.listeners": List = Unset, Distinct(Empty::Refused), High ReadOnly Public
        "Addresses that clients are told to connect to, by listener; the listeners themselves when unset.";
    "alter.config.policy.class.name": Class = Unset, Any, Low ReadOnly Public
        "A JVM class that judges config changes; Highwater can not load one.";
    "auto.create.topics.enable": Boolean = Is("true"), Any, High ReadOnly Public
        "Whether a topic that a client asks for is created if it does not exist.";
    "background.threads": Int = Is("10"), AtLeast(1), High ClusterWide Public
        "Threads for background work; accepted, Highwater sizes its own.";
    "config.providers": List = Is(""), Distinct(Empty::Allowed), Low ClusterWide Public
        "JVM providers of config values; Highwater can not load them.";
    "connections.max.idle.ms": Long = Is("600000"), Any, Medium ReadOnly Public
        "A connection without traffic for this long is closed.";
    "controlled.shutdown.enable": Boolean = Is("true"), Any, Medium ReadOnly Public
        "Whether leadership is handed over before the broker stops.";
    "create.topic.policy.class.name": Class = Unset, Any, Low ReadOnly Public
        "A JVM class that judges new topics; Highwater can not load one.";
    "delete.records.purgatory.purge.interval.requests": Int = Is("1"), Any, Medium ReadOnly Public
        "After how many DeleteRecords requests the waiting list is tidied; accepted and not needed.";
    "delete.topic.enable": Boolean = Is("true"), Any, High ReadOnly Public
        "Whether topics can be deleted.";
    "early.start.listeners": List = Unset, Distinct(Empty::Allowed), High ReadOnly Public
        "Listeners that accept connections before the node is ready.";
    "fetch.max.bytes": Int = Is("57671680"), AtLeast(1024), Medium ReadOnly Public
        "Largest answer to one fetch, as far as batches allow.";
    "fetch.purgatory.purge.interval.requests": Int = Is("1000"), Any, Medium ReadOnly Public
        "After how many fetches the waiting list is tidied; accepted and not needed.";
    "inter.broker.listener.name": String = Unset, Any, Medium ReadOnly Public
        "The listener that brokers use among themselves.";
    "listener.security.protocol.map": String = Is("SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT"), Any, Low PerBroker Public
        "The security protocol of each listener name.";
    "listeners": List = Is("PLAINTEXT://:9092"), Distinct(Empty::Refused), High PerBroker Public
        "Addresses to listen on: NAME://host:port, separated by commas.";
    "max.connection.creation.rate": Int = Is("2147483647"), AtLeast(0), Medium ClusterWide Public
        "Most new connections in a second.";
    "max.connections": Int = Is("2147483647"), AtLeast(0), Medium ClusterWide Public
        "Most connections of this broker.";
    "max.connections.per.ip": Int = Is("2147483647"), AtLeast(0), Medium ClusterWide Public
        "Most connections from one address.";
    "max.connections.per.ip.overrides": String = Is(""), Any, Medium ClusterWide Public
        "Other limits for some addresses: address:number, separated by commas.";
    "max.incremental.fetch.session.cache.slots": Int = Is("1000"), AtLeast(0), Medium ReadOnly Public
        "Most incremental fetch sessions.";
    "max.request.partition.size.limit": Int = Is("2000"), AtLeast(1), Medium ReadOnly Public
        "Most partitions in one answer of DescribeTopicPartitions.";
    "num.io.threads": Int = Is("8"), AtLeast(1), High ClusterWide Public
        "Threads that serve requests; accepted, Highwater sizes its own.";
    "num.network.threads": Int = Is("3"), AtLeast(1), High ClusterWide Public
        "Threads that serve connections; accepted, Highwater sizes its own.";
    "num.partitions": Int = Is("1"), AtLeast(1), Medium ReadOnly Public
        "Partitions of a topic that is created without a number.";
    "producer.purgatory.purge.interval.requests": Int = Is("1000"), Any, Medium ReadOnly Public
        "After how many produce requests the waiting list is tidied; accepted and not needed.";
    "queued.max.request.bytes": Long = Is("-1"), Any, Medium ReadOnly Public
        "Bytes of requests read and not yet served before reading stops; -1 means no limit.";
    "queued.max.requests": Int = Is("500"), AtLeast(1), High ReadOnly Public
        "Requests read and not yet served before reading stops.";
    "request.timeout.ms": Int = Is("30000"), Any, High ReadOnly Public
        "How long a request to another node may take.";
    "socket.connection.setup.timeout.max.ms": Long = Is("30000"), Any, Medium ReadOnly Public
        "Longest time to establish a connection to another node.";
    "socket.connection.setup.timeout.ms": Long = Is("10000"), Any, Medium ReadOnly Public
        "First time allowed to establish a connection to another node.";
    "socket.listen.backlog.size": Int = Is("50"), AtLeast(1), Medium ReadOnly Public
        "Connections that may wait to be accepted.";
    "socket.receive.buffer.bytes": Int = Is("102400"), Any, High ReadOnly Public
        "Receive buffer of a connection; -1 is the system's choice.";
    "socket.request.max.bytes": Int = Is("104857600"), AtLeast(1), High ReadOnly Public
        "Largest request that is read.";
    "socket.send.buffer.bytes": Int = Is("102400"), Any, High ReadOnly Public
        "Send buffer of a connection; -1 is the system's choice.";
}
