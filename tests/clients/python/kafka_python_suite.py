"""kafka-python against a running node: what every introduction to Kafka shows, and more.

    .clients/python/bin/python tests/clients/python/kafka_python_suite.py 127.0.0.1:9092
"""

import json
import logging

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka import errors
from kafka.admin import ConfigResource, ConfigResourceType, NewTopic

import records
from harness import Suite, bootstrap_servers, equal, until
from records import CODECS, COUNT, MIB, PARTITIONS, STEP_MS

SERVERS = bootstrap_servers()
suite = Suite("kafka-python")
logging.getLogger("kafka").setLevel(logging.CRITICAL)
BIG = 3 * MIB


def create(topic, partitions=PARTITIONS, **configs):
    admin = KafkaAdminClient(bootstrap_servers=SERVERS)
    admin.create_topics([NewTopic(topic, partitions, 1, topic_configs=configs)])
    admin.close()
    return topic


def codec_name(codec):
    return None if codec == "none" else codec


def read_all(topic, count, **options):
    """Every record of every partition from the start, as lists by partition."""
    consumer = KafkaConsumer(
        bootstrap_servers=SERVERS, auto_offset_reset="earliest", consumer_timeout_ms=20_000,
        max_poll_records=5000, **options)
    found = {p: [] for p in sorted(consumer.partitions_for_topic(topic))}
    consumer.assign([TopicPartition(topic, p) for p in found])
    total = 0
    for record in consumer:
        found[record.partition].append(record)
        total += 1
        if total == count:
            break
    consumer.close()
    equal(total, count, "records read")
    for partition, of_partition in found.items():
        offsets = [record.offset for record in of_partition]
        equal(offsets, list(range(len(offsets))), f"offsets of partition {partition}")
    return found


# --- what introductions show -------------------------------------------------------------


def first_steps():
    """The README of kafka-python, on a topic that nobody created."""
    topic = suite.topic("first-steps")
    producer = KafkaProducer(bootstrap_servers=SERVERS)
    for _ in range(100):
        producer.send(topic, b"some_message_bytes")
    producer.flush()

    consumer = KafkaConsumer(topic, bootstrap_servers=SERVERS, auto_offset_reset="earliest")
    read = 0
    for message in consumer:
        equal(message.value, b"some_message_bytes", "value")
        read += 1
        if read == 100:
            break
    consumer.close()
    producer.close()


def blocking_send():
    topic = suite.topic("blocking-send")
    producer = KafkaProducer(bootstrap_servers=SERVERS)
    first = producer.send(topic, b"raw_bytes", partition=0).get(timeout=30)
    second = producer.send(topic, key=b"foo", value=b"bar", partition=0).get(timeout=30)
    equal((first.topic, first.partition, first.offset), (topic, 0, 0), "first metadata")
    equal(second.offset, 1, "second offset")
    producer.close()


def json_values():
    topic = suite.topic("json")
    producer = KafkaProducer(
        bootstrap_servers=SERVERS, key_serializer=str.encode,
        value_serializer=lambda value: json.dumps(value).encode())
    producer.send(topic, {"foo": "bar"}, key="ping", headers=[("content-encoding", b"base64")])
    producer.flush()
    consumer = KafkaConsumer(
        topic, bootstrap_servers=SERVERS, auto_offset_reset="earliest", consumer_timeout_ms=10_000)
    message = next(consumer)
    equal((message.key, json.loads(message.value)), (b"ping", {"foo": "bar"}), "key and value")
    equal(message.headers, [("content-encoding", b"base64")], "headers")
    consumer.close()
    producer.close()


def new_records_only():
    """A consumer that starts at the end sees what is written after it started."""
    topic = create(suite.topic("tail"), 1)
    producer = KafkaProducer(bootstrap_servers=SERVERS)
    producer.send(topic, b"before").get(timeout=30)
    consumer = KafkaConsumer(topic, bootstrap_servers=SERVERS, consumer_timeout_ms=15_000)
    partition = TopicPartition(topic, 0)
    until("the consumer is at the end", lambda: at_end(consumer, partition, 1))
    producer.send(topic, b"after").get(timeout=30)
    equal(next(consumer).value, b"after", "first record of the tail")
    consumer.close()
    producer.close()


def at_end(consumer, partition, end):
    """Whether the consumer, which finds its partitions while it polls, stands at `end`."""
    consumer.poll(100)
    return partition in consumer.assignment() and consumer.position(partition) == end


# --- ten thousand records in every codec --------------------------------------------------


def headers(i):
    """kafka-python refuses to write a header without a value."""
    return [header for header in records.headers(i) if header[1] is not None]


def value(i):
    """kafka-python refuses a record that has neither key nor value."""
    return b"" if records.key(i) is None and records.value(i) is None else records.value(i)


def codec(name):
    topic = create(suite.topic(f"codec-{name}"))
    base = records.base_timestamp()
    producer = KafkaProducer(
        bootstrap_servers=SERVERS, compression_type=codec_name(name), linger_ms=20, batch_size=65536)
    sent = [
        producer.send(
            topic, value(i), key=records.key(i), headers=headers(i),
            partition=i % PARTITIONS, timestamp_ms=base + i * STEP_MS)
        for i in range(COUNT)
    ]
    producer.flush()
    for i, future in enumerate(sent):
        metadata = future.get(timeout=30)
        equal((metadata.partition, metadata.offset), (i % PARTITIONS, i // PARTITIONS), f"place of {i}")
    producer.close()

    for partition, of_partition in read_all(topic, COUNT).items():
        for record in of_partition:
            i = record.offset * PARTITIONS + partition
            equal(record.key, records.key(i), f"key of {i}")
            equal(record.value, value(i), f"value of {i}")
            equal(record.headers, headers(i), f"headers of {i}")
            equal((record.timestamp, record.timestamp_type), (base + i * STEP_MS, 0), f"time of {i}")
    read_by_time(topic, base)


def read_by_time(topic, base):
    """offsets_for_times for a moment inside, before the first and after the last record."""
    consumer = KafkaConsumer(bootstrap_servers=SERVERS, consumer_timeout_ms=10_000)
    partitions = [TopicPartition(topic, p) for p in range(PARTITIONS)]
    consumer.assign(partitions)
    wanted = COUNT // 2 + 1
    at = base + wanted * STEP_MS - 1
    found = consumer.offsets_for_times({partition: at for partition in partitions})
    for partition in partitions:
        # the first record at or after `wanted` that lives in this partition
        i = wanted + (partition.partition - wanted) % PARTITIONS
        equal(found[partition].offset, i // PARTITIONS, f"offset of {partition} by time")
        equal(found[partition].timestamp, base + i * STEP_MS, f"time of {partition} by time")
        consumer.seek(partition, found[partition].offset)
    consumer.assign(partitions[:1])
    consumer.seek(partitions[0], found[partitions[0]].offset)
    first = next(consumer)
    equal((first.offset, first.timestamp), (found[partitions[0]].offset, found[partitions[0]].timestamp), "first by time")
    before = consumer.offsets_for_times({partitions[0]: base - 1})[partitions[0]]
    equal(before.offset, 0, "offset before the first record")
    after = consumer.offsets_for_times({partitions[0]: base + COUNT * STEP_MS})[partitions[0]]
    equal(after, None, "offset after the last record")
    consumer.close()


def large(name):
    """Values of one mebibyte on a topic that allows them."""
    topic = create(suite.topic(f"large-{name}"), 1, **{"max.message.bytes": str(BIG)})
    producer = KafkaProducer(
        bootstrap_servers=SERVERS, compression_type=codec_name(name), max_request_size=BIG)
    values = records.large_values()
    for value in values:
        producer.send(topic, value)
    producer.flush()
    producer.close()
    # The default max_partition_fetch_bytes is smaller than a batch: the node must send it whole.
    found = read_all(topic, len(values))
    for record, value in zip(found[0], values):
        equal(record.value, value, f"large value {record.offset}")


def too_large():
    topic = create(suite.topic("too-large"), 1)
    producer = KafkaProducer(bootstrap_servers=SERVERS, max_request_size=BIG)
    # 1,048,588 bytes is Kafka's default limit for a batch.
    fits = producer.send(topic, b"x" * (MIB - 100)).get(timeout=30)
    equal(fits.offset, 0, "offset of the value that fits")
    try:
        producer.send(topic, b"x" * (MIB + 100)).get(timeout=30)
    except errors.MessageSizeTooLargeError:
        pass
    else:
        raise AssertionError("a value over max.message.bytes was accepted")
    producer.close()
    # kafka-python's idempotent producer does not go on after such an error, so take a new one.
    producer = KafkaProducer(bootstrap_servers=SERVERS)
    equal(producer.send(topic, b"still serving").get(timeout=30).offset, 1, "offset after the refusal")
    producer.close()


# --- consumer and producer settings -------------------------------------------------------


def acknowledgements():
    topic = create(suite.topic("acks"), 1)
    for acks in (0, 1, "all"):
        producer = KafkaProducer(bootstrap_servers=SERVERS, acks=acks, enable_idempotence=acks == "all")
        for i in range(200):
            producer.send(topic, f"{acks}-{i}".encode())
        producer.flush()
        producer.close()
        # acks=0 is not answered, so wait until it is there before the next producer writes
        until("all written", lambda: end_offset(topic) % 200 == 0 and end_offset(topic) > 0)
    found = read_all(topic, 600)
    expected = [f"{acks}-{i}".encode() for acks in (0, 1, "all") for i in range(200)]
    equal([record.value for record in found[0]], expected, "values")


def end_offset(topic):
    consumer = KafkaConsumer(bootstrap_servers=SERVERS)
    partition = TopicPartition(topic, 0)
    end = consumer.end_offsets([partition])[partition]
    consumer.close()
    return end


def seek_and_positions():
    topic = create(suite.topic("seek"), 1)
    producer = KafkaProducer(bootstrap_servers=SERVERS, linger_ms=50)
    for i in range(1000):
        producer.send(topic, str(i).encode())
    producer.flush()
    partition = TopicPartition(topic, 0)
    consumer = KafkaConsumer(bootstrap_servers=SERVERS, consumer_timeout_ms=10_000)
    consumer.assign([partition])
    equal(consumer.beginning_offsets([partition]), {partition: 0}, "beginning")
    equal(consumer.end_offsets([partition]), {partition: 1000}, "end")
    # in the middle of a batch, at the first and at the last record
    for offset in (537, 0, 999):
        consumer.seek(partition, offset)
        record = next(consumer)
        equal((record.offset, record.value), (offset, str(offset).encode()), "record after seek")
    consumer.seek_to_beginning(partition)
    equal(next(consumer).offset, 0, "first after seek_to_beginning")
    consumer.seek_to_end(partition)
    equal(consumer.position(partition), 1000, "position at the end")
    consumer.close()
    producer.close()


def out_of_range():
    topic = create(suite.topic("range"), 1)
    producer = KafkaProducer(bootstrap_servers=SERVERS)
    producer.send(topic, b"only").get(timeout=30)
    producer.close()
    partition = TopicPartition(topic, 0)
    for reset, expected in (("earliest", b"only"), ("none", errors.OffsetOutOfRangeError)):
        consumer = KafkaConsumer(
            bootstrap_servers=SERVERS, auto_offset_reset=reset, consumer_timeout_ms=10_000)
        consumer.assign([partition])
        consumer.seek(partition, 500)
        try:
            equal(next(consumer).value, expected, f"record with reset={reset}")
        except errors.OffsetOutOfRangeError as error:
            equal(type(error), expected, f"error with reset={reset}")
        consumer.close()


def subscribe_many():
    """Many partitions in one fetch session, most of them empty."""
    topics = [create(suite.topic(f"many-{n}"), 8) for n in range(3)]
    producer = KafkaProducer(bootstrap_servers=SERVERS)
    consumer = KafkaConsumer(
        *topics, bootstrap_servers=SERVERS, auto_offset_reset="earliest", consumer_timeout_ms=10_000)
    for round_number in range(5):
        for topic in topics:
            producer.send(topic, f"{round_number}".encode(), partition=round_number)
        producer.flush()
        seen = sorted((m.topic, m.partition, m.value) for m in (next(consumer) for _ in topics))
        equal(seen, [(t, round_number, b"%d" % round_number) for t in topics], f"round {round_number}")
    consumer.close()
    producer.close()


def metadata():
    topic = create(suite.topic("metadata"), 3)
    consumer = KafkaConsumer(bootstrap_servers=SERVERS)
    equal(topic in consumer.topics(), True, "topic is listed")
    equal(consumer.partitions_for_topic(topic), {0, 1, 2}, "partitions")
    consumer.close()


# --- administration -----------------------------------------------------------------------


def administration():
    admin = KafkaAdminClient(bootstrap_servers=SERVERS)
    topic = suite.topic("admin")
    admin.create_topics([NewTopic(topic, 2, 1, topic_configs={"retention.ms": "3600000"})])
    try:
        admin.create_topics([NewTopic(topic, 2, 1)])
    except errors.TopicAlreadyExistsError:
        pass
    else:
        raise AssertionError("a topic was created twice")
    equal(topic in admin.list_topics(), True, "topic is listed")

    resource = ConfigResource(ConfigResourceType.TOPIC, topic)
    configs = admin.describe_configs([resource])["topic"][topic]
    equal(configs["retention.ms"]["value"], "3600000", "retention.ms")
    equal(configs["retention.ms"]["config_source"], "DYNAMIC_TOPIC_CONFIG", "source")
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {"retention.ms": "7200000"})])
    until("the new value is described", lambda: admin.describe_configs([resource])["topic"][topic]["retention.ms"]["value"] == "7200000")

    admin.create_partitions({topic: 5})
    until("five partitions", lambda: len(admin.describe_topics([topic])[0]["partitions"]) == 5)
    cluster = admin.describe_cluster()
    equal(len(cluster["brokers"]), 1, "brokers")
    admin.delete_topics([topic])
    until("the topic is gone", lambda: topic not in admin.list_topics())
    admin.close()


def delete_records():
    topic = create(suite.topic("delete-records"), 1)
    producer = KafkaProducer(bootstrap_servers=SERVERS)
    for i in range(100):
        producer.send(topic, str(i).encode())
    producer.flush()
    producer.close()
    admin = KafkaAdminClient(bootstrap_servers=SERVERS)
    partition = TopicPartition(topic, 0)
    admin.delete_records({partition: 40})
    admin.close()
    consumer = KafkaConsumer(bootstrap_servers=SERVERS, auto_offset_reset="earliest", consumer_timeout_ms=10_000)
    consumer.assign([partition])
    equal(consumer.beginning_offsets([partition]), {partition: 40}, "beginning")
    consumer.seek_to_beginning(partition)
    equal(next(consumer).value, b"40", "first record that is left")
    consumer.close()


suite.run("first steps: send, flush, iterate", first_steps)
suite.run("send and wait for the metadata", blocking_send)
suite.run("json values, string keys, a header", json_values)
suite.run("a consumer at the end sees new records", new_records_only)
for name in CODECS:
    suite.run(f"10,000 records, codec {name}", codec, name)
for name in CODECS:
    suite.run(f"1 MiB values, codec {name}", large, name)
suite.run("a value over max.message.bytes is refused", too_large)
suite.run("acks 0, 1 and all", acknowledgements)
suite.run("seek, positions, beginning and end", seek_and_positions)
suite.run("fetch out of range", out_of_range)
suite.run("24 partitions in one consumer", subscribe_many)
suite.run("topics and partitions", metadata)
suite.run("admin: topics, configs, partitions", administration)
suite.run("admin: delete records", delete_records)
suite.finish()
