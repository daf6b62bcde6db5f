"""An idempotent kafka-python producer that tells on stdout what was acknowledged.

It runs as its own process: `<address> <topic> <partitions> <records per second>`. Each line is
`<partition> <offset> <number>` or `error <text>`. It ends when its standard input is closed, after
everything that it sent has been answered.
"""

import logging
import sys
import threading
import time

from kafka import KafkaProducer

address, topic, partitions, rate = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
logging.getLogger("kafka").setLevel(logging.CRITICAL)
lock = threading.Lock()
stopping = threading.Event()


def tell(line):
    with lock:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def wait_for_end():
    sys.stdin.read()
    stopping.set()


threading.Thread(target=wait_for_end, daemon=True).start()
producer = KafkaProducer(
    bootstrap_servers=address, acks="all", enable_idempotence=True, linger_ms=2,
    max_block_ms=120_000, delivery_timeout_ms=120_000, request_timeout_ms=10_000,
    reconnect_backoff_ms=20, reconnect_backoff_max_ms=100, retry_backoff_ms=20)
number = 0
while not stopping.is_set():
    for _ in range(rate // 100):
        future = producer.send(topic, b"second-%d" % number, partition=number % partitions)
        future.add_callback(lambda found, n=number: tell(f"{found.partition} {found.offset} {n}"))
        future.add_errback(lambda error, n=number: tell(f"error record {n}: {error!r}"))
        number += 1
    time.sleep(0.01)
producer.flush(timeout=120)
producer.close()
tell(f"sent {number}")
