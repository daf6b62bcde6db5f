import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Clients for one node, and the few things that most scenarios do with them. */
final class Clients {
    final String servers;
    final Admin admin;

    Clients(String servers) {
        this.servers = servers;
        this.admin = Admin.create(Map.of("bootstrap.servers", servers));
    }

    KafkaProducer<byte[], byte[]> producer(Object... options) {
        return new KafkaProducer<>(with(options), new ByteArraySerializer(), new ByteArraySerializer());
    }

    KafkaConsumer<byte[], byte[]> consumer(Object... options) {
        Map<String, Object> config = with(options);
        config.putIfAbsent("auto.offset.reset", "earliest");
        return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private Map<String, Object> with(Object... options) {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", servers);
        for (int i = 0; i < options.length; i += 2) {
            config.put((String) options[i], options[i + 1]);
        }
        return config;
    }

    String create(String topic, int partitions, String... configs) throws Exception {
        Map<String, String> map = new HashMap<>();
        for (int i = 0; i < configs.length; i += 2) {
            map.put(configs[i], configs[i + 1]);
        }
        admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1).configs(map))).all().get();
        return topic;
    }

    /** Writes values to partition 0 and waits for each answer. */
    List<RecordMetadata> write(String topic, List<byte[]> values, Object... options) throws Exception {
        List<RecordMetadata> answers = new ArrayList<>();
        try (KafkaProducer<byte[], byte[]> producer = producer(options)) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (byte[] value : values) {
                sent.add(producer.send(new ProducerRecord<>(topic, 0, null, value)));
            }
            for (Future<RecordMetadata> future : sent) {
                answers.add(future.get());
            }
        }
        return answers;
    }

    static List<TopicPartition> partitions(String topic, int count) {
        return IntStream.range(0, count).mapToObj(p -> new TopicPartition(topic, p)).toList();
    }

    /** Every record from the start; offsets must ascend by one in each partition. */
    List<ConsumerRecord<byte[], byte[]>> readAll(String topic, int partitions, int count, Object... options) {
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(options)) {
            consumer.assign(partitions(topic, partitions));
            consumer.seekToBeginning(consumer.assignment());
            long[] next = new long[partitions];
            List<ConsumerRecord<byte[], byte[]>> found = read(consumer, count);
            for (ConsumerRecord<byte[], byte[]> record : found) {
                Harness.equal(record.offset(), next[record.partition()]++, "offset in partition " + record.partition());
            }
            return found;
        }
    }

    static List<ConsumerRecord<byte[], byte[]>> read(KafkaConsumer<byte[], byte[]> consumer, int count) {
        List<ConsumerRecord<byte[], byte[]>> found = new ArrayList<>();
        long deadline = System.nanoTime() + 30_000_000_000L;
        while (found.size() < count) {
            consumer.poll(Duration.ofMillis(500)).forEach(found::add);
            if (System.nanoTime() > deadline) {
                throw new AssertionError("read " + found.size() + " of " + count + " records in 30 s");
            }
        }
        return found;
    }
}
