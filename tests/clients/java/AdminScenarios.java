import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.ReplicaInfo;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** The AdminClient's calls. */
final class AdminScenarios {
    private final Harness harness;
    private final Clients clients;
    private final Admin admin;

    AdminScenarios(Harness harness, Clients clients) {
        this.harness = harness;
        this.clients = clients;
        this.admin = clients.admin;
    }

    void runAll() {
        harness.run("admin: create and describe topics", this::topics);
        harness.run("admin: refused topics", this::refusedTopics);
        harness.run("admin: delete topics by name and id", this::deleteTopics);
        harness.run("admin: create partitions", this::createPartitions);
        harness.run("admin: topic configs", this::topicConfigs);
        harness.run("admin: broker configs", this::brokerConfigs);
        harness.run("admin: describe cluster", this::describeCluster);
        harness.run("admin: describe log dirs", this::describeLogDirs);
        harness.run("admin: delete records", this::deleteRecords);
        harness.run("admin: list offsets", this::listOffsets);
    }

    private TopicDescription describe(String topic) throws Exception {
        return admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
    }

    private void topics() throws Exception {
        String topic = harness.topic("topics");
        NewTopic wanted = new NewTopic(topic, 3, (short) 1).configs(Map.of("retention.ms", "3600000"));
        CreateTopicsResult dry = admin.createTopics(List.of(wanted), new CreateTopicsOptions().validateOnly(true));
        dry.all().get();
        Harness.equal(admin.listTopics().names().get().contains(topic), false, "validateOnly created the topic");

        CreateTopicsResult result = admin.createTopics(List.of(wanted));
        Harness.equal(result.numPartitions(topic).get(), 3, "partitions in the answer");
        Harness.equal(result.config(topic).get().get("retention.ms").value(), "3600000", "config in the answer");
        Uuid id = result.topicId(topic).get();

        TopicDescription found = describe(topic);
        Harness.equal(found.topicId(), id, "topic id");
        Harness.equal(found.partitions().size(), 3, "partitions");
        Harness.equal(found.partitions().get(2).isr().size(), 1, "in-sync replicas");
        Harness.equal(found.partitions().get(2).leader().port() > 0, true, "leader");
        Harness.equal(admin.describeTopics(TopicCollection.ofTopicIds(List.of(id))).allTopicIds().get().get(id).name(),
            topic, "name by id");
        Harness.fails(UnknownTopicOrPartitionException.class, "an unknown topic", () -> describe(topic + "-no"));

        // Defaults of the broker, and a placement chosen by the client.
        String defaults = harness.topic("defaults");
        admin.createTopics(List.of(new NewTopic(defaults, Optional.empty(), Optional.empty()))).all().get();
        int node = admin.describeCluster().nodes().get().iterator().next().id();
        String placed = harness.topic("placed");
        admin.createTopics(List.of(new NewTopic(placed, Map.of(0, List.of(node), 1, List.of(node))))).all().get();
        Harness.equal(describe(placed).partitions().size(), 2, "placed partitions");
    }

    private void refusedTopics() throws Exception {
        String topic = clients.create(harness.topic("refused"), 1);
        refused(TopicExistsException.class, new NewTopic(topic, 1, (short) 1));
        refused(InvalidTopicException.class, new NewTopic("bad name!", 1, (short) 1));
        refused(InvalidTopicException.class, new NewTopic("x".repeat(250), 1, (short) 1));
        refused(InvalidReplicationFactorException.class, new NewTopic(topic + "-a", 1, (short) 5));
        refused(InvalidPartitionsException.class, new NewTopic(topic + "-b", 0, (short) 1));
        refused(InvalidConfigurationException.class,
            new NewTopic(topic + "-c", 1, (short) 1).configs(Map.of("no.such.config", "1")));
        refused(InvalidConfigurationException.class,
            new NewTopic(topic + "-d", 1, (short) 1).configs(Map.of("cleanup.policy", "forget")));
    }

    private void refused(Class<? extends Throwable> expected, NewTopic topic) {
        Harness.fails(expected, topic.toString(), () -> admin.createTopics(List.of(topic)).all().get());
    }

    private void deleteTopics() throws Exception {
        String byName = clients.create(harness.topic("delete-name"), 2);
        String byId = clients.create(harness.topic("delete-id"), 2);
        clients.write(byName, List.of(new byte[10]));
        Uuid id = describe(byId).topicId();
        admin.deleteTopics(List.of(byName)).all().get();
        admin.deleteTopics(TopicCollection.ofTopicIds(List.of(id))).all().get();
        Harness.until("both are gone", () -> {
            Collection<String> names = admin.listTopics().names().get();
            return !names.contains(byName) && !names.contains(byId);
        });
        Harness.fails(UnknownTopicOrPartitionException.class, "a topic that is gone",
            () -> admin.deleteTopics(List.of(byName)).all().get());
    }

    private void createPartitions() throws Exception {
        String topic = clients.create(harness.topic("partitions"), 2);
        admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(5))).all().get();
        Harness.until("five partitions", () -> describe(topic).partitions().size() == 5);
        Harness.fails(InvalidPartitionsException.class, "fewer partitions",
            () -> admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(3))).all().get());
        Harness.fails(UnknownTopicOrPartitionException.class, "partitions of an unknown topic",
            () -> admin.createPartitions(Map.of(topic + "-no", NewPartitions.increaseTo(3))).all().get());
        try (KafkaProducer<byte[], byte[]> producer = clients.producer()) {
            long offset = producer.send(new ProducerRecord<>(topic, 4, null, new byte[5])).get().offset();
            Harness.equal(offset, 0L, "offset in the new partition");
        }
    }

    private Config describe(ConfigResource resource) throws Exception {
        DescribeConfigsOptions options = new DescribeConfigsOptions().includeSynonyms(true).includeDocumentation(true);
        return admin.describeConfigs(List.of(resource), options).all().get().get(resource);
    }

    private void topicConfigs() throws Exception {
        String topic = clients.create(harness.topic("configs"), 1, "retention.ms", "3600000");
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        ConfigEntry retention = describe(resource).get("retention.ms");
        Harness.equal(retention.value(), "3600000", "retention.ms");
        Harness.equal(retention.source(), ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG, "its source");
        Harness.equal(retention.type(), ConfigEntry.ConfigType.LONG, "its type");
        Harness.equal(retention.documentation() != null, true, "it has documentation");
        Harness.equal(retention.synonyms().get(0).name(), "retention.ms", "its first synonym");
        ConfigEntry segment = describe(resource).get("segment.bytes");
        Harness.equal(segment.value(), "1073741824", "segment.bytes");
        Harness.equal(segment.isDefault(), true, "segment.bytes is a default");

        alter(resource, "segment.bytes", "2097152", AlterConfigOp.OpType.SET);
        alter(resource, "retention.ms", "", AlterConfigOp.OpType.DELETE);
        alter(resource, "cleanup.policy", "compact", AlterConfigOp.OpType.APPEND);
        Harness.until("the changes are described", () -> {
            Config config = describe(resource);
            return config.get("segment.bytes").value().equals("2097152")
                && config.get("retention.ms").value().equals("604800000")
                && config.get("cleanup.policy").value().equals("delete,compact");
        });
        alter(resource, "cleanup.policy", "delete", AlterConfigOp.OpType.SUBTRACT);
        Harness.until("only compact", () -> describe(resource).get("cleanup.policy").value().equals("compact"));
        Harness.fails(InvalidConfigurationException.class, "a wrong value",
            () -> { alter(resource, "segment.bytes", "many", AlterConfigOp.OpType.SET); return null; });
        Harness.fails(InvalidConfigurationException.class, "an unknown config",
            () -> { alter(resource, "no.such.config", "1", AlterConfigOp.OpType.SET); return null; });
        Harness.fails(UnknownTopicOrPartitionException.class, "configs of an unknown topic",
            () -> describe(new ConfigResource(ConfigResource.Type.TOPIC, topic + "-no")));
    }

    private void alter(ConfigResource resource, String name, String value, AlterConfigOp.OpType type) throws Exception {
        AlterConfigOp operation = new AlterConfigOp(new ConfigEntry(name, value), type);
        admin.incrementalAlterConfigs(Map.of(resource, List.of(operation))).all().get();
    }

    private void brokerConfigs() throws Exception {
        String node = admin.describeCluster().nodes().get().iterator().next().idString();
        Config config = describe(new ConfigResource(ConfigResource.Type.BROKER, node));
        Harness.equal(config.get("message.max.bytes").value(), "1048588", "message.max.bytes");
        Harness.equal(config.get("log.retention.hours").value(), "168", "log.retention.hours");
        Harness.equal(config.get("node.id").value(), node, "node.id");
        Harness.equal(config.get("node.id").isReadOnly(), true, "node.id is read-only");
    }

    private void describeCluster() throws Exception {
        DescribeClusterResult result = admin.describeCluster();
        Harness.equal(result.nodes().get().size(), 1, "nodes");
        Harness.equal(result.clusterId().get().length(), 22, "length of the cluster id");
        Harness.equal(result.controller().get().id(), result.nodes().get().iterator().next().id(), "controller");
    }

    private void describeLogDirs() throws Exception {
        String topic = clients.create(harness.topic("log-dirs"), 2);
        clients.write(topic, List.of(new byte[5000]));
        int node = admin.describeCluster().nodes().get().iterator().next().id();
        Map<String, LogDirDescription> dirs = admin.describeLogDirs(List.of(node)).allDescriptions().get().get(node);
        Harness.equal(dirs.size(), 1, "directories");
        LogDirDescription dir = dirs.values().iterator().next();
        Harness.equal(dir.error(), null, "error");
        Harness.equal(dir.totalBytes().orElse(0) > dir.usableBytes().orElse(0), true, "size of the volume");
        ReplicaInfo full = dir.replicaInfos().get(new TopicPartition(topic, 0));
        ReplicaInfo empty = dir.replicaInfos().get(new TopicPartition(topic, 1));
        Harness.equal(full.size() > 5000 && full.size() < 6000, true, "size of a partition, " + full.size());
        Harness.equal(empty.size(), 0L, "size of an empty partition");
        Harness.equal(full.offsetLag(), 0L, "lag");
        Harness.equal(full.isFuture(), false, "future replica");
    }

    private void deleteRecords() throws Exception {
        String topic = clients.create(harness.topic("delete-records"), 1);
        clients.write(topic, IntStream.range(0, 100).mapToObj(i -> Records.bytes("" + i)).toList());
        TopicPartition partition = new TopicPartition(topic, 0);
        long low = admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(40)))
            .lowWatermarks().get(partition).get().lowWatermark();
        Harness.equal(low, 40L, "low watermark");
        try (KafkaConsumer<byte[], byte[]> consumer = clients.consumer()) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, 3);
            Harness.equal(Clients.read(consumer, 60).get(0).offset(), 40L, "first offset that is left");
            // -1 deletes everything that is committed.
            admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(-1))).all().get();
            Harness.equal(consumer.beginningOffsets(List.of(partition)), Map.of(partition, 100L), "beginning");
        }
        Harness.fails(OffsetOutOfRangeException.class, "records beyond the end",
            () -> admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(500))).all().get());
        Harness.equal(clients.write(topic, List.of(new byte[3])).get(0).offset(), 100L, "next offset");
    }

    private void listOffsets() throws Exception {
        String topic = clients.create(harness.topic("list-offsets"), 1);
        TopicPartition partition = new TopicPartition(topic, 0);
        Harness.equal(list(partition, OffsetSpec.maxTimestamp()).offset(), -1L, "max timestamp of nothing");
        long base = System.currentTimeMillis() - 100_000;
        try (KafkaProducer<byte[], byte[]> producer = clients.producer()) {
            for (long time : new long[] {base, base + 5000, base + 1000}) {
                producer.send(new ProducerRecord<>(topic, 0, time, null, new byte[3])).get();
            }
        }
        Harness.equal(list(partition, OffsetSpec.earliest()).offset(), 0L, "earliest");
        Harness.equal(list(partition, OffsetSpec.latest()).offset(), 3L, "latest");
        Harness.equal(list(partition, OffsetSpec.maxTimestamp()).offset(), 1L, "max timestamp");
        Harness.equal(list(partition, OffsetSpec.maxTimestamp()).timestamp(), base + 5000, "max timestamp's time");
        Harness.equal(list(partition, OffsetSpec.forTimestamp(base + 500)).offset(), 1L, "by time");
        Harness.equal(list(partition, OffsetSpec.forTimestamp(base + 9000)).offset(), -1L, "after the last");
        Harness.equal(list(partition, OffsetSpec.earliestLocal()).offset(), 0L, "earliest local");
    }

    private ListOffsetsResultInfo list(TopicPartition partition, OffsetSpec spec) throws Exception {
        return admin.listOffsets(Map.of(partition, spec)).partitionResult(partition).get();
    }
}
