"""confluent-kafka (librdkafka) against a running node: producer, assigned consumer, AdminClient.

    .clients/python/bin/python tests/clients/python/confluent_suite.py 127.0.0.1:9092
"""

import time

from confluent_kafka import (
    OFFSET_BEGINNING, OFFSET_END, TIMESTAMP_CREATE_TIME, TIMESTAMP_LOG_APPEND_TIME, Consumer,
    IsolationLevel, KafkaError, KafkaException, Producer, TopicCollection, TopicPartition)
from confluent_kafka.admin import (
    AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ConfigSource, NewPartitions,
    NewTopic, OffsetSpec, ResourceType)

import records
from harness import Suite, bootstrap_servers, equal, until
from records import CODECS, COUNT, MIB, PARTITIONS, STEP_MS

SERVERS = bootstrap_servers()
suite = Suite("confluent")
BIG = 3 * MIB


# One for the whole suite: its answers are lost when the object is dropped before they arrive.
admin = AdminClient({"bootstrap.servers": SERVERS, "log_level": 3})


def create(topic, partitions=PARTITIONS, **configs):
    configs = {name.replace("_", "."): value for name, value in configs.items()}
    new = NewTopic(topic, partitions, 1, config=configs)
    admin.create_topics([new])[topic].result(30)
    return topic


def new_producer(**options):
    options = {name.replace("_", "."): value for name, value in options.items()}
    return Producer({"bootstrap.servers": SERVERS, "log_level": 3, **options})


def new_consumer(**options):
    """librdkafka asks for a group id even where only assign() is used; no group is joined."""
    options = {name.replace("_", "."): value for name, value in options.items()}
    return Consumer({
        "bootstrap.servers": SERVERS, "group.id": "unused", "enable.auto.commit": False,
        "auto.offset.reset": "error", "log_level": 3, **options})


def delivered(producer, topic, messages):
    """Produces keyword dictionaries and returns the acknowledged messages in their order."""
    answers = [None] * len(messages)

    def on_delivery(at):
        def keep(error, message):
            answers[at] = error or message
        return keep

    for at, message in enumerate(messages):
        while True:
            try:
                producer.produce(topic, on_delivery=on_delivery(at), **message)
                break
            except BufferError:
                producer.poll(0.1)
    equal(producer.flush(60), 0, "messages left after flush")
    for at, answer in enumerate(answers):
        if answer is None or isinstance(answer, KafkaError):
            raise AssertionError(f"message {at}: {answer}")
    return answers


def consume(consumer, count, seconds=30.0):
    found = []
    deadline = time.monotonic() + seconds
    while len(found) < count:
        for message in consumer.consume(min(1000, count - len(found)), 1.0):
            if message.error():
                raise KafkaException(message.error())
            found.append(message)
        if time.monotonic() > deadline:
            raise AssertionError(f"read {len(found)} of {count} records in {seconds:.0f} s")
    return found


def read_all(topic, count, partitions=PARTITIONS, **options):
    """Every record from the start, as lists by partition, offsets checked."""
    consumer = new_consumer(**options)
    consumer.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in range(partitions)])
    found = {p: [] for p in range(partitions)}
    for message in consume(consumer, count):
        found[message.partition()].append(message)
    consumer.close()
    for partition, messages in found.items():
        offsets = [message.offset() for message in messages]
        equal(offsets, list(range(len(offsets))), f"offsets of partition {partition}")
    return found


# --- ten thousand records in every codec --------------------------------------------------


def codec(name, **topic_configs):
    topic = create(suite.topic(f"codec-{name}{''.join(topic_configs.values())}"), **topic_configs)
    base = records.base_timestamp()
    producer = new_producer(compression_type=name, linger_ms=20)
    answers = delivered(producer, topic, [message(i, base) for i in range(COUNT)])
    for i, answer in enumerate(answers):
        equal((answer.partition(), answer.offset()), (i % PARTITIONS, i // PARTITIONS), f"place of {i}")
    check_content(topic, base)
    read_by_time(topic, base)


def message(i, base):
    return {
        "key": records.key(i), "value": records.value(i), "headers": records.headers(i),
        "partition": i % PARTITIONS, "timestamp": base + i * STEP_MS}


def check_content(topic, base):
    for partition, messages in read_all(topic, COUNT).items():
        equal(len(messages), COUNT // PARTITIONS, f"records of partition {partition}")
        for found in messages:
            i = found.offset() * PARTITIONS + partition
            equal(found.key(), records.key(i), f"key of {i}")
            equal(found.value(), records.value(i), f"value of {i}")
            equal(found.headers() or [], records.headers(i), f"headers of {i}")
            equal(found.timestamp(), (TIMESTAMP_CREATE_TIME, base + i * STEP_MS), f"time of {i}")


def read_by_time(topic, base):
    consumer = new_consumer()
    wanted = COUNT // 2 + 1
    at = base + wanted * STEP_MS - 1
    asked = [TopicPartition(topic, p, at) for p in range(PARTITIONS)]
    found = consumer.offsets_for_times(asked, 10)
    for place in found:
        i = wanted + (place.partition - wanted) % PARTITIONS
        equal(place.offset, i // PARTITIONS, f"offset by time in {place.partition}")
    consumer.assign(found[:1])
    first = consume(consumer, 1)[0]
    equal(first.offset(), found[0].offset, "first offset by time")
    early, late = (
        consumer.offsets_for_times([TopicPartition(topic, 0, moment)], 10)[0].offset
        for moment in (base - 1, base + COUNT * STEP_MS))
    equal((early, late), (0, OFFSET_END), "offsets before the first and after the last record")
    consumer.close()


def large(name):
    topic = create(suite.topic(f"large-{name}"), 1, max_message_bytes=str(BIG))
    producer = new_producer(compression_type=name, message_max_bytes=BIG)
    values = records.large_values()
    delivered(producer, topic, [{"value": value, "partition": 0} for value in values])
    found = read_all(topic, len(values), 1)[0]
    for message_found, value in zip(found, values):
        equal(message_found.value(), value, f"large value {message_found.offset()}")


def too_large():
    topic = create(suite.topic("too-large"), 1)
    producer = new_producer(message_max_bytes=BIG)
    delivered(producer, topic, [{"value": b"x" * (MIB - 100)}])
    refused = []
    producer.produce(topic, b"x" * (MIB + 100), on_delivery=lambda error, _: refused.append(error))
    producer.flush(30)
    equal(refused[0].code(), KafkaError.MSG_SIZE_TOO_LARGE, "error")
    equal(delivered(producer, topic, [{"value": b"on"}])[0].offset(), 1, "offset after the refusal")


# --- producer -----------------------------------------------------------------------------


def idempotent(acks):
    """Many small requests in flight: order and exactly one copy each."""
    topic = create(suite.topic(f"idempotent-{acks}"), 1)
    producer = new_producer(enable_idempotence=True, linger_ms=0, batch_num_messages=20, acks=acks)
    count = 5000
    delivered(producer, topic, [{"value": str(i)} for i in range(count)])
    values = [found.value() for found in read_all(topic, count, 1)[0]]
    equal(values, [str(i).encode() for i in range(count)], "values")


def two_producers():
    """Two idempotent producers write to the same partition, each in its own order."""
    topic = create(suite.topic("two-producers"), 1)
    producers = [new_producer(enable_idempotence=True, linger_ms=1) for _ in range(2)]
    for i in range(1000):
        for n, producer in enumerate(producers):
            producer.produce(topic, f"{i}", key=f"{n}")
    for producer in producers:
        equal(producer.flush(30), 0, "left")
    found = read_all(topic, 2000, 1)[0]
    for n in range(2):
        own = [int(one.value()) for one in found if one.key() == str(n).encode()]
        equal(own, list(range(1000)), f"order of producer {n}")


def acknowledgements():
    topic = create(suite.topic("acks"), 1)
    for acks in ("0", "1", "all"):
        producer = new_producer(acks=acks)
        delivered(producer, topic, [{"value": f"{acks}-{i}"} for i in range(200)])
        until("200 more records", lambda: end_offset(topic) % 200 == 0 and end_offset(topic) > 0)
    expected = [f"{acks}-{i}".encode() for acks in ("0", "1", "all") for i in range(200)]
    equal([one.value() for one in read_all(topic, 600, 1)[0]], expected, "values")


def end_offset(topic):
    consumer = new_consumer()
    end = consumer.get_watermark_offsets(TopicPartition(topic, 0), 10)[1]
    consumer.close()
    return end


def partitioner():
    """Keys choose the partition on the client; the node keeps them where they were sent."""
    topic = create(suite.topic("partitioner"))
    producer = new_producer()
    delivered(producer, topic, [{"key": f"user-{i % 10}", "value": str(i)} for i in range(1000)])
    home = {}
    for partition, messages in read_all(topic, 1000).items():
        for found in messages:
            equal(home.setdefault(found.key(), partition), partition, f"home of {found.key()}")


def auto_created():
    topic = suite.topic("auto-created")
    delivered(new_producer(), topic, [{"value": "first", "partition": 0}])
    equal(admin.list_topics(topic, 10).topics[topic].error, None, "error of the topic")


def empty_and_binary():
    """Empty is not null; every byte comes back, and so do odd header names."""
    topic = create(suite.topic("binary"), 1)
    every = bytes(range(256))
    headers = [("", b""), ("name with spaces", every), ("ключ", "значение".encode())]
    delivered(new_producer(), topic, [
        {"key": b"", "value": b""}, {"key": every, "value": every, "headers": headers}, {}])
    first, second, third = read_all(topic, 3, 1)[0]
    equal((first.key(), first.value()), (b"", b""), "empty key and value")
    equal((second.key(), second.value(), second.headers()), (every, every, headers), "bytes")
    equal((third.key(), third.value(), third.headers()), (None, None, None), "nothing at all")


# --- consumer -----------------------------------------------------------------------------


def seek():
    topic = create(suite.topic("seek"), 1)
    delivered(new_producer(linger_ms=50), topic, [{"value": str(i)} for i in range(1000)])
    consumer = new_consumer()
    equal(consumer.get_watermark_offsets(TopicPartition(topic, 0), 10), (0, 1000), "watermarks")
    for offset in (537, 0, 999):
        consumer.assign([TopicPartition(topic, 0, offset)])
        found = consume(consumer, 1)[0]
        equal((found.offset(), found.value()), (offset, str(offset).encode()), "after assign")
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    consume(consumer, 1)
    consumer.seek(TopicPartition(topic, 0, 600))
    equal(consume(consumer, 1)[0].offset(), 600, "after seek")
    consumer.close()


def end_of_partition():
    """The end is announced at the right offset, and what comes later is still delivered."""
    topic = create(suite.topic("end"), 1)
    producer = new_producer()
    delivered(producer, topic, [{"value": "one"}])
    consumer = new_consumer(enable_partition_eof=True, fetch_wait_max_ms=3000)
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    equal(consumer.poll(10).value(), b"one", "first")
    end = consumer.poll(10)
    equal((end.error().code(), end.offset()), (KafkaError._PARTITION_EOF, 1), "end of partition")
    # A fetch is waiting on the node now, for three seconds: a new record must end it at once.
    time.sleep(0.3)
    started = time.monotonic()
    delivered(producer, topic, [{"value": "two"}])
    equal(consumer.poll(10).value(), b"two", "second")
    waited = time.monotonic() - started
    if waited > 2:
        raise AssertionError(f"the waiting fetch was answered after {waited:.1f} s")
    consumer.close()


def out_of_range():
    topic = create(suite.topic("range"), 1)
    delivered(new_producer(), topic, [{"value": "only"}])
    consumer = new_consumer(auto_offset_reset="earliest")
    consumer.assign([TopicPartition(topic, 0, 500)])
    equal(consume(consumer, 1)[0].value(), b"only", "record after the reset")
    consumer.close()
    consumer = new_consumer()
    consumer.assign([TopicPartition(topic, 0, 500)])
    error = until("an error", lambda: (consumer.poll(1) or None))
    equal(error.error().code(), KafkaError._AUTO_OFFSET_RESET, "error without a reset")
    consumer.close()


def unknown_topic():
    """Asking for a topic without leave to create it says so and does not create it."""
    topic = suite.topic("unknown")
    consumer = new_consumer(allow_auto_create_topics=False)
    found = consumer.list_topics(topic, 10).topics[topic]
    equal(found.error and found.error.code(), KafkaError.UNKNOWN_TOPIC_OR_PART, "error")
    consumer.close()
    try:
        admin.describe_topics(TopicCollection([topic]))[topic].result(30)
        raise AssertionError("an unknown topic was described")
    except KafkaException as error:
        equal(error.args[0].code(), KafkaError.UNKNOWN_TOPIC_OR_PART, "error of describe")
    equal(topic in admin.list_topics(timeout=10).topics, False, "topic was created")


def small_fetches():
    """Fetch limits far below a batch still make progress."""
    topic = create(suite.topic("small-fetches"), 1)
    delivered(new_producer(linger_ms=50), topic, [{"value": f"{i}" * 50} for i in range(1000)])
    found = read_all(
        topic, 1000, 1, fetch_message_max_bytes=1000, fetch_max_bytes=1000, message_max_bytes=1000,
        isolation_level="read_committed")[0]
    equal([one.value() for one in found], [(f"{i}" * 50).encode() for i in range(1000)], "values")


# --- topic settings -----------------------------------------------------------------------


def log_append_time():
    topic = create(suite.topic("append-time"), 1, message_timestamp_type="LogAppendTime")
    before = int(time.time() * 1000)
    answers = delivered(new_producer(), topic, [{"value": str(i), "timestamp": 1} for i in range(10)])
    after = int(time.time() * 1000)
    found = read_all(topic, 10, 1)[0]
    for one, answer in zip(found, answers):
        kind, moment = one.timestamp()
        equal(kind, TIMESTAMP_LOG_APPEND_TIME, "kind of timestamp")
        equal(before <= moment <= after, True, "append time is now")
        equal(answer.timestamp()[1], moment, "append time in the answer")
    consumer = new_consumer()
    by_time = consumer.offsets_for_times([TopicPartition(topic, 0, before)], 10)[0]
    equal(by_time.offset, 0, "offset by append time")
    consumer.close()


def future_timestamp():
    topic = create(suite.topic("future"), 1, message_timestamp_after_max_ms="60000")
    refused = []
    producer = new_producer()
    late = int(time.time() * 1000) + 3_600_000
    producer.produce(topic, "later", timestamp=late, on_delivery=lambda error, _: refused.append(error))
    producer.flush(30)
    equal(refused[0] and refused[0].code(), KafkaError.INVALID_TIMESTAMP, "error")


# --- administration -----------------------------------------------------------------------


def topics():
    topic = create(suite.topic("topics"), 2)
    try:
        admin.create_topics([NewTopic(topic, 2, 1)])[topic].result(30)
        raise AssertionError("a topic was created twice")
    except KafkaException as error:
        equal(error.args[0].code(), KafkaError.TOPIC_ALREADY_EXISTS, "error")
    for name, new, code in (
            ("bad name!", NewTopic("bad name!", 1, 1), KafkaError.TOPIC_EXCEPTION),
            (topic + "-x", NewTopic(topic + "-x", 1, 7), KafkaError.INVALID_REPLICATION_FACTOR),
            (topic + "-y", NewTopic(topic + "-y", 1, 1, config={"retention.ms": "soon"}), KafkaError.INVALID_CONFIG),
            (topic + "-z", NewTopic(topic + "-z", 0, 1), KafkaError.INVALID_PARTITIONS)):
        try:
            admin.create_topics([new])[name].result(30)
            raise AssertionError(f"{name} was created")
        except KafkaException as error:
            equal(error.args[0].code(), code, f"error of {name}")
    dry = topic + "-dry"
    admin.create_topics([NewTopic(dry, 1, 1)], validate_only=True)[dry].result(30)

    described = admin.describe_topics(TopicCollection([topic]))[topic].result(30)
    equal(len(described.partitions), 2, "partitions")
    equal([len(p.isr) for p in described.partitions], [1, 1], "in-sync replicas")
    admin.create_partitions([NewPartitions(topic, 6)])[topic].result(30)
    until("six partitions", lambda: len(admin.list_topics(topic, 10).topics[topic].partitions) == 6)
    delivered(new_producer(), topic, [{"value": "new", "partition": 5}])
    try:
        admin.create_partitions([NewPartitions(topic, 3)])[topic].result(30)
        raise AssertionError("partitions were taken away")
    except KafkaException as error:
        equal(error.args[0].code(), KafkaError.INVALID_PARTITIONS, "error")

    admin.delete_topics([topic])[topic].result(30)
    until("the topic is gone", lambda: topic not in admin.list_topics(timeout=10).topics)
    equal(dry in admin.list_topics(timeout=10).topics, False, "validate_only created the topic")


def deleted_and_created_again():
    """The new topic of an old name starts empty."""
    topic = create(suite.topic("again"), 1)
    delivered(new_producer(), topic, [{"value": "old"} for _ in range(10)])
    admin.delete_topics([topic])[topic].result(30)
    until("the topic is gone", lambda: topic not in admin.list_topics(timeout=10).topics)
    create(topic, 1)
    delivered(new_producer(), topic, [{"value": "new"}])
    equal([one.value() for one in read_all(topic, 1, 1)[0]], [b"new"], "values")
    equal(end_offset(topic), 1, "end offset")


def configs():
    topic = create(suite.topic("configs"), 1, retention_ms="3600000")
    resource = ConfigResource(ResourceType.TOPIC, topic)

    def described():
        return admin.describe_configs([resource])[resource].result(30)

    equal(described()["retention.ms"].value, "3600000", "retention.ms")
    equal(described()["retention.ms"].source, ConfigSource.DYNAMIC_TOPIC_CONFIG.value, "source")
    equal(described()["cleanup.policy"].value, "delete", "cleanup.policy")
    equal(described()["cleanup.policy"].is_default, True, "cleanup.policy is a default")
    change = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[
        ConfigEntry("segment.bytes", "2097152", incremental_operation=AlterConfigOpType.SET),
        ConfigEntry("retention.ms", None, incremental_operation=AlterConfigOpType.DELETE),
        ConfigEntry("cleanup.policy", "compact", incremental_operation=AlterConfigOpType.APPEND)])
    admin.incremental_alter_configs([change])[change].result(30)
    until("segment.bytes is set", lambda: described()["segment.bytes"].value == "2097152")
    equal(described()["retention.ms"].value, "604800000", "retention.ms is the default again")
    equal(described()["cleanup.policy"].value, "delete,compact", "cleanup.policy with a second value")

    wrong = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[
        ConfigEntry("segment.bytes", "-5", incremental_operation=AlterConfigOpType.SET)])
    try:
        admin.incremental_alter_configs([wrong])[wrong].result(30)
        raise AssertionError("a wrong value was accepted")
    except KafkaException as error:
        equal(error.args[0].code(), KafkaError.INVALID_CONFIG, "error")


def broker_configs():
    cluster = admin.describe_cluster().result(30)
    equal(len(cluster.nodes), 1, "nodes")
    resource = ConfigResource(ResourceType.BROKER, str(cluster.nodes[0].id))
    found = admin.describe_configs([resource])[resource].result(30)
    equal(found["message.max.bytes"].value, "1048588", "message.max.bytes")
    equal("log.retention.hours" in found, True, "log.retention.hours is described")


def offsets():
    topic = create(suite.topic("offsets"), 1)
    base = records.base_timestamp()
    # The largest timestamp is in the middle.
    times = [base, base + 5000, base + 1000]
    for moment in times:
        delivered(new_producer(), topic, [{"value": "x", "timestamp": moment}])
    partition = TopicPartition(topic, 0)
    for spec, expected in (
            (OffsetSpec.earliest(), 0), (OffsetSpec.latest(), 3), (OffsetSpec.max_timestamp(), 1),
            (OffsetSpec.for_timestamp(base + 500), 1), (OffsetSpec.for_timestamp(base + 9000), -1)):
        for isolation in (IsolationLevel.READ_UNCOMMITTED, IsolationLevel.READ_COMMITTED):
            found = admin.list_offsets({partition: spec}, isolation_level=isolation)[partition].result(30)
            equal(found.offset, expected, f"offset for {spec}")


def delete_records():
    topic = create(suite.topic("delete-records"), 1)
    delivered(new_producer(), topic, [{"value": str(i)} for i in range(100)])
    partition = TopicPartition(topic, 0, 40)
    equal(admin.delete_records([partition])[partition].result(30).low_watermark, 40, "low watermark")
    consumer = new_consumer(auto_offset_reset="earliest")
    equal(consumer.get_watermark_offsets(TopicPartition(topic, 0), 10), (40, 100), "watermarks")
    consumer.assign([TopicPartition(topic, 0, 10)])
    equal(consume(consumer, 60)[0].offset(), 40, "first offset that is left")
    consumer.close()
    beyond = TopicPartition(topic, 0, 500)
    try:
        admin.delete_records([beyond])[beyond].result(30)
        raise AssertionError("records beyond the end were deleted")
    except KafkaException as error:
        equal(error.args[0].code(), KafkaError.OFFSET_OUT_OF_RANGE, "error")


for name in CODECS:
    suite.run(f"10,000 records, codec {name}", codec, name)
for name in CODECS:
    suite.run(f"1 MiB values, codec {name}", large, name)


def recompressed(name):
    codec("gzip" if name == "zstd" else "zstd", compression_type=name)


for name in ("uncompressed", "gzip", "snappy", "lz4", "zstd"):
    suite.run(f"topic with compression.type={name}", recompressed, name)
suite.run("a value over max.message.bytes is refused", too_large)
suite.run("idempotent producer, small requests", idempotent, "all")
suite.run("two idempotent producers", two_producers)
suite.run("acks 0, 1 and all", acknowledgements)
suite.run("keys stay in their partition", partitioner)
suite.run("a topic created by the first record", auto_created)
suite.run("empty, binary and missing parts", empty_and_binary)
suite.run("assign and seek", seek)
suite.run("end of partition, waiting fetch", end_of_partition)
suite.run("fetch out of range", out_of_range)
suite.run("unknown topic", unknown_topic)
suite.run("fetch limits below a batch", small_fetches)
suite.run("LogAppendTime", log_append_time)
suite.run("a timestamp too far in the future", future_timestamp)
suite.run("admin: topics and partitions", topics)
suite.run("admin: delete and create again", deleted_and_created_again)
suite.run("admin: topic configs", configs)
suite.run("admin: broker configs, cluster", broker_configs)
suite.run("admin: list offsets", offsets)
suite.run("admin: delete records", delete_records)
suite.finish()
