"""A node of our own to start, kill and stop, for suites that must do so.

NODE_COMMAND is how a node is started, with {config} for its server.properties and {dir} for its
data directory. Unset, it is Highwater's release binary. The properties are plain Kafka ones, so
the same suite also runs against Apache Kafka.
"""

import os
import shlex
import signal
import socket
import struct
import subprocess
import time

PROPERTIES = """\
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
controller.quorum.voters=1@127.0.0.1:{controller_port}
log.dirs={dir}
num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Node:
    def __init__(self, directory):
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        os.makedirs(directory, exist_ok=True)
        self.dir = os.path.join(directory, "data")
        self.log_path = os.path.join(directory, "node.log")
        config = os.path.join(directory, "server.properties")
        with open(config, "w") as file:
            file.write(PROPERTIES.format(port=self.port, controller_port=free_port(), dir=self.dir))
        command = os.environ.get("NODE_COMMAND", "target/release/highwater server --config {config}")
        self.command = [part.format(config=config, dir=self.dir) for part in shlex.split(command)]
        self.process = None

    def launch(self):
        with open(self.log_path, "a") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def start(self, seconds=60.0):
        """Starts the process and waits until it answers; returns how long that took."""
        started = time.monotonic()
        self.launch()
        while not self.answers():
            code = self.process.poll()
            if code is not None:
                raise AssertionError(f"the node exited with {code}: {self.log_tail()}")
            if time.monotonic() - started > seconds:
                raise AssertionError(f"the node does not answer after {seconds:.0f} s: {self.log_tail()}")
            time.sleep(0.02)
        return time.monotonic() - started

    def answers(self):
        """Whether ApiVersions is answered, which is the first thing that every client asks."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1.0) as probe:
                probe.sendall(struct.pack(">ihhih", 10, 18, 0, 1, -1))
                return len(probe.recv(4)) == 4
        except OSError:
            return False

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, seconds=30.0):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(seconds)
        # A shell and the JVM report the signal itself as the way they ended.
        if code not in (0, 143, -signal.SIGTERM):
            raise AssertionError(f"the node stopped with {code}: {self.log_tail()}")

    def log_tail(self):
        with open(self.log_path, errors="replace") as log:
            return log.read()[-1500:]
