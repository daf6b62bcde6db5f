import static java.util.stream.Collectors.toMap;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.record.TimestampType;

/** Producing and consuming. */
final class DataScenarios {
    private static final int BIG = 3 * Records.MIB;
    private final Harness harness;
    private final Clients clients;

    DataScenarios(Harness harness, Clients clients) {
        this.harness = harness;
        this.clients = clients;
    }

    void runAll() {
        for (String codec : Records.CODECS) {
            harness.run("10,000 records, codec " + codec, () -> codec(codec));
        }
        for (String codec : Records.CODECS) {
            harness.run("1 MiB values, codec " + codec, () -> large(codec));
        }
        harness.run("a value over max.message.bytes is refused", this::tooLarge);
        harness.run("idempotent producer, small requests", this::idempotent);
        harness.run("acks 0, 1 and all", this::acknowledgements);
        harness.run("seek, position, beginning and end", this::seek);
        harness.run("fetch out of range", this::outOfRange);
        harness.run("fetch sessions over 40 partitions", this::manyPartitions);
        harness.run("LogAppendTime", this::logAppendTime);
        harness.run("a timestamp too far in the future", this::futureTimestamp);
    }

    private void codec(String codec) throws Exception {
        String topic = clients.create(harness.topic("codec-" + codec), Records.PARTITIONS);
        long base = System.currentTimeMillis() - 3_600_000;
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        try (KafkaProducer<byte[], byte[]> producer =
                clients.producer("enable.idempotence", true, "compression.type", codec, "linger.ms", 20)) {
            for (int i = 0; i < Records.COUNT; i++) {
                sent.add(producer.send(Records.record(topic, i, base)));
            }
        }
        for (int i = 0; i < Records.COUNT; i++) {
            RecordMetadata answer = sent.get(i).get();
            Harness.equal(answer.offset(), (long) i / Records.PARTITIONS, "offset of " + i);
            Harness.equal(answer.timestamp(), base + i * Records.STEP_MS, "answered time of " + i);
        }
        for (ConsumerRecord<byte[], byte[]> found : clients.readAll(topic, Records.PARTITIONS, Records.COUNT)) {
            Records.check(found, base);
        }
        readByTime(topic, base);
    }

    private void readByTime(String topic, long base) {
        int wanted = Records.COUNT / 2 + 1;
        List<TopicPartition> partitions = Clients.partitions(topic, Records.PARTITIONS);
        try (KafkaConsumer<byte[], byte[]> consumer = clients.consumer()) {
            consumer.assign(partitions);
            Map<TopicPartition, OffsetAndTimestamp> found = consumer.offsetsForTimes(
                partitions.stream().collect(toMap(p -> p, p -> base + wanted * Records.STEP_MS - 1)));
            for (TopicPartition partition : partitions) {
                int i = wanted + Math.floorMod(partition.partition() - wanted, Records.PARTITIONS);
                OffsetAndTimestamp place = found.get(partition);
                Harness.equal(place.offset(), (long) i / Records.PARTITIONS, "offset by time in " + partition);
                Harness.equal(place.timestamp(), base + i * Records.STEP_MS, "time in " + partition);
                consumer.assign(List.of(partition));
                consumer.seek(partition, place.offset());
                Harness.equal(Clients.read(consumer, 1).get(0).timestamp(), place.timestamp(), "first by time");
            }
            TopicPartition first = partitions.get(0);
            Harness.equal(consumer.offsetsForTimes(Map.of(first, base - 1)).get(first).offset(), 0L, "before the first");
            long late = base + Records.COUNT * Records.STEP_MS;
            Harness.equal(consumer.offsetsForTimes(Map.of(first, late)).get(first), null, "after the last");
        }
    }

    private void large(String codec) throws Exception {
        String topic = clients.create(harness.topic("large-" + codec), 1, "max.message.bytes", String.valueOf(BIG));
        List<byte[]> values = Records.large();
        clients.write(topic, values, "compression.type", codec, "max.request.size", BIG);
        List<ConsumerRecord<byte[], byte[]>> found =
            clients.readAll(topic, 1, values.size(), "max.partition.fetch.bytes", 100_000);
        for (int i = 0; i < values.size(); i++) {
            Harness.equal(found.get(i).value(), values.get(i), "large value " + i);
        }
    }

    private void tooLarge() throws Exception {
        String topic = clients.create(harness.topic("too-large"), 1);
        clients.write(topic, List.of(new byte[Records.MIB - 100]), "max.request.size", BIG);
        Harness.fails(RecordTooLargeException.class, "a value over the limit",
            () -> clients.write(topic, List.of(new byte[Records.MIB + 100]), "max.request.size", BIG));
        Harness.equal(clients.write(topic, List.of(new byte[1])).get(0).offset(), 1L, "offset after the refusal");
    }

    private void idempotent() throws Exception {
        String topic = clients.create(harness.topic("idempotent"), 1);
        List<byte[]> values = IntStream.range(0, 5000).mapToObj(i -> Records.bytes("" + i)).toList();
        // Small batches keep five requests in flight all the time.
        for (int round = 0; round < 2; round++) {
            List<RecordMetadata> answers =
                clients.write(topic, values, "enable.idempotence", true, "acks", "all", "linger.ms", 0, "batch.size", 200);
            for (int i = 0; i < values.size(); i++) {
                Harness.equal(answers.get(i).offset(), (long) round * values.size() + i, "offset of " + i);
            }
        }
        List<ConsumerRecord<byte[], byte[]>> found =
            clients.readAll(topic, 1, 2 * values.size(), "isolation.level", "read_committed");
        for (int i = 0; i < found.size(); i++) {
            Harness.equal(found.get(i).value(), values.get(i % values.size()), "value " + i);
        }
    }

    private void acknowledgements() throws Exception {
        String topic = clients.create(harness.topic("acks"), 1);
        List<byte[]> expected = new ArrayList<>();
        for (String acks : List.of("0", "1", "all")) {
            List<byte[]> values = IntStream.range(0, 200).mapToObj(i -> Records.bytes(acks + "-" + i)).toList();
            clients.write(topic, values, "acks", acks, "enable.idempotence", acks.equals("all"));
            expected.addAll(values);
            // acks=0 is not answered: wait until it is there before the next producer writes.
            int total = expected.size();
            Harness.equal(clients.readAll(topic, 1, total).size(), total, "records");
        }
        List<ConsumerRecord<byte[], byte[]>> found = clients.readAll(topic, 1, expected.size());
        for (int i = 0; i < expected.size(); i++) {
            Harness.equal(found.get(i).value(), expected.get(i), "value " + i);
        }
    }

    private void seek() throws Exception {
        String topic = clients.create(harness.topic("seek"), 1);
        clients.write(topic, IntStream.range(0, 1000).mapToObj(i -> Records.bytes("" + i)).toList(), "linger.ms", 50);
        TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaConsumer<byte[], byte[]> consumer = clients.consumer("max.poll.records", 10)) {
            consumer.assign(List.of(partition));
            Harness.equal(consumer.beginningOffsets(List.of(partition)), Map.of(partition, 0L), "beginning");
            Harness.equal(consumer.endOffsets(List.of(partition)), Map.of(partition, 1000L), "end");
            for (long offset : new long[] {537, 0, 999}) {
                consumer.seek(partition, offset);
                Harness.equal(Clients.read(consumer, 1).get(0).value(), Records.bytes("" + offset), "after seek");
            }
            consumer.seekToEnd(List.of(partition));
            Harness.equal(consumer.position(partition), 1000L, "position at the end");
            consumer.seekToBeginning(List.of(partition));
            Harness.equal(consumer.position(partition), 0L, "position at the beginning");
            Harness.equal(consumer.currentLag(partition).isPresent(), true, "lag is known");
        }
    }

    private void outOfRange() throws Exception {
        String topic = clients.create(harness.topic("range"), 1);
        clients.write(topic, List.of(Records.bytes("only")));
        TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaConsumer<byte[], byte[]> consumer = clients.consumer()) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, 500);
            Harness.equal(Clients.read(consumer, 1).get(0).value(), Records.bytes("only"), "after the reset");
        }
        try (KafkaConsumer<byte[], byte[]> consumer = clients.consumer("auto.offset.reset", "none")) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, 500);
            Harness.fails(OffsetOutOfRangeException.class, "without a reset", () -> Clients.read(consumer, 1));
        }
    }

    /** Incremental fetch sessions: partitions come, go, and get records at different times. */
    private void manyPartitions() throws Exception {
        String topic = clients.create(harness.topic("many"), 40);
        List<TopicPartition> all = Clients.partitions(topic, 40);
        Map<Integer, Integer> written = new HashMap<>();
        try (KafkaProducer<byte[], byte[]> producer = clients.producer();
                KafkaConsumer<byte[], byte[]> consumer = clients.consumer()) {
            for (int round = 0; round < 6; round++) {
                int partition = round * 7 % 40;
                producer.send(new ProducerRecord<>(topic, partition, null, Records.bytes("" + round))).get();
                // Odd rounds drop half of the partitions from the session and take them back later.
                int even = round % 2;
                consumer.assign(all.stream().filter(p -> even == 0 || p.partition() % 2 == partition % 2).toList());
                for (TopicPartition each : consumer.assignment()) {
                    consumer.seek(each, written.getOrDefault(each.partition(), 0));
                }
                ConsumerRecord<byte[], byte[]> found = Clients.read(consumer, 1).get(0);
                Harness.equal(found.partition(), partition, "partition of round " + round);
                Harness.equal(found.value(), Records.bytes("" + round), "value of round " + round);
                written.merge(partition, 1, Integer::sum);
            }
        }
    }

    private void logAppendTime() throws Exception {
        String topic = clients.create(harness.topic("append-time"), 1, "message.timestamp.type", "LogAppendTime");
        long before = System.currentTimeMillis();
        try (KafkaProducer<byte[], byte[]> producer = clients.producer("compression.type", "lz4")) {
            RecordMetadata answer = producer.send(new ProducerRecord<>(topic, 0, 1L, null, new byte[5])).get();
            long after = System.currentTimeMillis();
            Harness.equal(before <= answer.timestamp() && answer.timestamp() <= after, true, "append time is now");
            ConsumerRecord<byte[], byte[]> found = clients.readAll(topic, 1, 1).get(0);
            Harness.equal(found.timestamp(), answer.timestamp(), "time of the record");
            Harness.equal(found.timestampType(), TimestampType.LOG_APPEND_TIME, "kind of time");
        }
    }

    private void futureTimestamp() throws Exception {
        String topic = clients.create(harness.topic("future"), 1, "message.timestamp.after.max.ms", "60000");
        try (KafkaProducer<byte[], byte[]> producer = clients.producer()) {
            long late = System.currentTimeMillis() + 3_600_000;
            Harness.fails(InvalidTimestampException.class, "a late timestamp",
                () -> producer.send(new ProducerRecord<>(topic, 0, late, null, new byte[5])).get());
        }
    }
}
