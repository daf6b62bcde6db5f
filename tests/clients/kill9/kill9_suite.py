"""kill -9 under load: after every restart each acknowledged record is where it was acknowledged.

    .clients/python/bin/python tests/clients/kill9/kill9_suite.py <directory> [rounds] [seed]

Two idempotent producers with acks=all write all the time, through every kill: librdkafka in this
process, kafka-python in another. The suite starts the node itself, see ../python/node.py.
"""

import os
import random
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "python"))

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Producer, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from harness import Suite, equal, until
from node import Node

if len(sys.argv) < 2:
    sys.exit("usage: kill9_suite.py <directory> [rounds] [seed]")
DIRECTORY = sys.argv[1]
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 10
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else int(time.time())
PARTITIONS = 3
RATE = 3000
suite = Suite("kill9")
random.seed(SEED)
topic = suite.topic("load")


class FirstProducer(threading.Thread):
    """librdkafka, with a large record now and then so that kills tear large writes too."""

    def __init__(self, address):
        super().__init__(daemon=True)
        self.acknowledged, self.errors, self.sent = {}, [], 0
        self.stopping = threading.Event()
        self.producer = Producer({
            "bootstrap.servers": address, "enable.idempotence": True, "acks": "all", "linger.ms": 2,
            "reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 100, "retry.backoff.ms": 20,
            "queue.buffering.max.messages": 20_000, "compression.type": "lz4", "log_level": 0})

    def run(self):
        while not self.stopping.is_set():
            for _ in range(RATE // 100):
                n = self.sent
                value = b"first-%d" % n
                if n % 500 == 0:
                    value += b" " + random.Random(n).randbytes(300_000)
                try:
                    self.producer.produce(topic, value, partition=n % PARTITIONS, on_delivery=self.answered(n))
                    self.sent += 1
                except BufferError:
                    break
            self.producer.poll(0)
            time.sleep(0.01)

    def answered(self, n):
        def note(error, message):
            if error:
                self.errors.append(f"record {n}: {error}")
            else:
                self.acknowledged[(message.partition(), message.offset())] = b"first-%d" % n
        return note

    def finish(self):
        self.stopping.set()
        self.join()
        equal(self.producer.flush(120), 0, "records of the first producer without an answer")


class SecondProducer(threading.Thread):
    """kafka-python in another process; this thread collects what it says."""

    def __init__(self, address):
        super().__init__(daemon=True)
        self.acknowledged, self.errors, self.sent = {}, [], None
        program = os.path.join(HERE, "second_producer.py")
        self.process = subprocess.Popen(
            [sys.executable, program, address, topic, str(PARTITIONS), str(RATE // 3)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self):
        for line in self.process.stdout:
            if line.startswith("error"):
                self.errors.append(line.strip())
            elif line.startswith("sent"):
                self.sent = int(line.split()[1])
            else:
                partition, offset, n = (int(word) for word in line.split())
                self.acknowledged[(partition, offset)] = b"second-%d" % n

    def finish(self):
        self.process.stdin.close()
        self.join(150)
        equal(self.process.wait(10), 0, "exit code of the second producer")


def read_everything(address):
    """{(partition, offset): value} of the topic, read to the end that it has now."""
    consumer = Consumer({
        "bootstrap.servers": address, "group.id": "unused", "enable.auto.commit": False,
        "isolation.level": "read_committed", "fetch.wait.max.ms": 50, "log_level": 0})
    places = [TopicPartition(topic, p, OFFSET_BEGINNING) for p in range(PARTITIONS)]
    ends = {place.partition: end_offset(consumer, place) for place in places}
    consumer.assign(places)
    found, following = {}, dict.fromkeys(ends, 0)
    deadline = time.monotonic() + 60
    while any(following[p] < end for p, end in ends.items()):
        for message in consumer.consume(5000, 0.2):
            if message.error():
                raise AssertionError(f"consumer: {message.error()}")
            partition, offset = message.partition(), message.offset()
            equal(offset, following[partition], f"offset in partition {partition}")
            following[partition] = offset + 1
            found[(partition, offset)] = message.value().split(b" ")[0]
        if time.monotonic() > deadline:
            raise AssertionError(f"read to {following} of {ends} in 60 s")
    consumer.close()
    return found


def end_offset(consumer, place):
    """The end of a partition; just after a restart its leader may not be known yet."""
    deadline = time.monotonic() + 20
    while True:
        try:
            return consumer.get_watermark_offsets(place, 5)[1]
        except KafkaException:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def check(found, acknowledged):
    """Every acknowledged record at its offset; nothing twice; each producer in its order."""
    missing = [place for place in acknowledged if place not in found]
    if missing:
        raise AssertionError(f"{len(missing)} acknowledged records are gone, the first is {min(missing)}")
    for place, value in acknowledged.items():
        equal(found[place], value, f"record at {place}")
    if len(set(found.values())) != len(found):
        raise AssertionError(f"{len(found) - len(set(found.values()))} records are there twice")
    last = {}
    for (partition, offset), value in sorted(found.items()):
        producer, n = value.split(b"-")
        if int(n) <= last.get((partition, producer), -1):
            raise AssertionError(f"{value} at {partition}/{offset} is out of order")
        last[(partition, producer)] = int(n)


def topic_ids(admin):
    names = [name for name in admin.list_topics(timeout=20).topics if name.startswith("kill9")]
    described = admin.describe_topics(TopicCollection(names))
    return {name: str(future.result(20).topic_id) for name, future in described.items()}


def round_of(number, node, producers):
    """One life of the node: a topic is created, load runs, and the node is killed."""
    admin = AdminClient({"bootstrap.servers": node.address, "log_level": 0})
    extra = suite.topic(f"extra-{number}")
    admin.create_topics([NewTopic(extra, 1, 1)])[extra].result(20)
    until("the new topic is listed", lambda: extra in topic_ids(admin))
    before = topic_ids(admin)
    time.sleep(random.uniform(0.2, 2.0))
    node.kill()
    acknowledged = {}
    for producer in producers:
        acknowledged.update(producer.acknowledged.copy())
    if random.random() < 0.3:
        # Killed again while it is still starting, at a moment of its recovery.
        node.launch()
        time.sleep(random.uniform(0.0, 0.15))
        node.kill()
    seconds = node.start()
    check(read_everything(node.address), acknowledged)
    for producer in producers:
        equal(producer.errors, [], "errors of a producer")
    equal(topic_ids(AdminClient({"bootstrap.servers": node.address, "log_level": 0})), before, "topics and their ids")
    print(f"     {len(acknowledged)} acknowledged, answering again after {seconds:.2f} s")


def final(node, producers):
    """With everything answered: each record that was sent is there exactly once."""
    for producer in producers:
        producer.finish()
        equal(producer.errors, [], "errors of a producer")
    acknowledged = {**producers[0].acknowledged, **producers[1].acknowledged}
    sent = sum(producer.sent for producer in producers)
    found = read_everything(node.address)
    check(found, acknowledged)
    equal((len(acknowledged), len(found)), (sent, sent), "acknowledged and read")
    # The same again after a clean stop.
    node.stop()
    node.start()
    equal(read_everything(node.address) == found, True, "the same records after a clean stop")
    node.stop()
    print(f"     {sent} records")


def main():
    print(f"     seed {SEED}")
    node = Node(DIRECTORY)
    node.start()
    admin = AdminClient({"bootstrap.servers": node.address, "log_level": 0})
    admin.create_topics([NewTopic(topic, PARTITIONS, 1)])[topic].result(30)
    producers = [FirstProducer(node.address), SecondProducer(node.address)]
    for producer in producers:
        producer.start()
    try:
        for number in range(1, ROUNDS + 1):
            suite.run(f"kill -9 under load, {number} of {ROUNDS}", round_of, number, node, producers)
        suite.run("nothing lost, nothing twice, after all of them", final, node, producers)
    finally:
        producers[1].process.kill()
        if node.process.poll() is None:
            node.kill()
    suite.finish()


main()
