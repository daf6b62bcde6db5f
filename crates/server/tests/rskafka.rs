//! A client that others wrote, small enough for every `cargo test`: rskafka. The
//! large ones run in the client stages of the test command.

mod support;

use std::collections::BTreeMap;

use rskafka::client::partition::{Compression, OffsetAt, PartitionClient, UnknownTopicHandling};
use rskafka::client::{Client, ClientBuilder};
use rskafka::record::{Record, RecordAndOffset};
use support::Node;

const RECORDS: i64 = 10_000;
const RECORDS_PER_BATCH: i64 = 500;
/// An arbitrary Saturday, in milliseconds.
const FIRST_TIMESTAMP: i64 = 1_795_000_000_000;
const CODECS: [(&str, Compression); 5] = [
    ("none", Compression::NoCompression),
    ("gzip", Compression::Gzip),
    ("snappy", Compression::Snappy),
    ("lz4", Compression::Lz4),
    ("zstd", Compression::Zstd),
];

/// The record of a number: some without a key, some without a value, one in a
/// thousand large.
fn record(number: i64) -> Record {
    let size = if number % 1000 == 0 { 100_000 } else { 20 };
    let text = format!("value {number} ").into_bytes();
    let value = text.iter().copied().cycle().take(size).collect();
    Record {
        key: (number % 3 != 0).then(|| format!("key {number}").into_bytes()),
        value: (number % 7 != 0).then_some(value),
        headers: BTreeMap::from([("number".to_owned(), number.to_be_bytes().to_vec())]),
        timestamp: chrono::DateTime::from_timestamp_millis(FIRST_TIMESTAMP + number)
            .expect("a time"),
    }
}

async fn connect(node: &Node) -> Client {
    let client = ClientBuilder::new(vec![node.address.clone()]).build().await;
    client.expect("a connection")
}

async fn partition(client: &Client, topic: &str) -> PartitionClient {
    let found = client.partition_client(topic, 0, UnknownTopicHandling::Retry);
    found.await.expect("the partition")
}

async fn write(partition: &PartitionClient, codec: Compression) {
    for first in (0..RECORDS).step_by(RECORDS_PER_BATCH as usize) {
        let numbers = first..first + RECORDS_PER_BATCH;
        let offsets = partition.produce(numbers.clone().map(record).collect(), codec);
        let offsets = offsets.await.expect("acknowledged");
        assert_eq!(offsets, numbers.collect::<Vec<_>>());
    }
}

async fn read(partition: &PartitionClient, from: i64) -> Vec<RecordAndOffset> {
    let mut records = Vec::new();
    let mut next = from;
    while next < RECORDS {
        let fetched = partition.fetch_records(next, 1..1_000_000, 1_000).await;
        let (fetched, high_watermark) = fetched.expect("records");
        assert_eq!(high_watermark, RECORDS);
        next = fetched.last().expect("more records").offset + 1;
        records.extend(fetched);
    }
    records
}

#[tokio::test]
async fn records_in_every_codec_are_read_back_also_after_a_crash() {
    let folder = tempfile::tempdir().expect("a folder");
    let node = Node::dev(folder.path());
    let client = connect(&node).await;
    let controller = client.controller_client().expect("a controller");
    for (topic, codec) in CODECS {
        let created = controller.create_topic(topic, 1, 1, 5_000).await;
        created.expect("a new topic");
        write(&partition(&client, topic).await, codec).await;
    }
    node.kill();

    let node = Node::dev(folder.path());
    let client = connect(&node).await;
    for (topic, _) in CODECS {
        let partition = partition(&client, topic).await;
        let end = partition.get_offset(OffsetAt::Latest).await;
        assert_eq!(end.expect("an offset"), RECORDS);
        let records = read(&partition, 0).await;
        assert_eq!(records.len() as i64, RECORDS);
        for (found, number) in records.into_iter().zip(0..) {
            assert_eq!(found.offset, number, "{topic}");
            assert_eq!(found.record, record(number), "{topic}");
        }
    }
    assert!(node.stop(), "it stops well");
}
