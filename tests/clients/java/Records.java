import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;

/** The records that every suite writes; the rule is written down in ../python/records.py. */
final class Records {
    static final int COUNT = 10_000;
    static final int PARTITIONS = 4;
    static final long STEP_MS = 100;
    static final int MIB = 1024 * 1024;
    static final List<String> CODECS = List.of("none", "gzip", "snappy", "lz4", "zstd");

    private Records() {}

    static byte[] key(int i) {
        return i % 7 == 3 ? null : bytes("key-" + i);
    }

    static byte[] value(int i) {
        return i % 11 == 5 ? null : bytes("value-" + i + "-" + "abcdefghij".repeat(i % 20));
    }

    static List<Header> headers(int i) {
        if (i % 3 != 0) {
            return List.of();
        }
        Header number = new RecordHeader("n", bytes(String.valueOf(i)));
        Header again = new RecordHeader("n", bytes("again"));
        return i % 2 == 0
            ? List.of(number, again, new RecordHeader("none", (byte[]) null))
            : List.of(number, again);
    }

    static ProducerRecord<byte[], byte[]> record(String topic, int i, long base) {
        return new ProducerRecord<>(topic, i % PARTITIONS, base + i * STEP_MS, key(i), value(i), headers(i));
    }

    static void check(ConsumerRecord<byte[], byte[]> found, long base) {
        int i = (int) found.offset() * PARTITIONS + found.partition();
        Harness.equal(found.key(), key(i), "key of " + i);
        Harness.equal(found.value(), value(i), "value of " + i);
        Harness.equal(Arrays.asList(found.headers().toArray()), headers(i), "headers of " + i);
        Harness.equal(found.timestamp(), base + i * STEP_MS, "time of " + i);
    }

    /** About one mebibyte each: no pattern at all, a strong pattern, and half of each. */
    static List<byte[]> large() {
        byte[] noise = new byte[MIB];
        new Random(7).nextBytes(noise);
        byte[] half = Arrays.copyOf(Arrays.copyOf(noise, MIB / 2), MIB);
        return List.of(noise, bytes("highwater ".repeat(MIB / 10)), half);
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
