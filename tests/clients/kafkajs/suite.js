// kafkajs against a running node: producer, admin, and reads through its fetch request.
//
//     NODE_PATH=.clients/kafkajs/node_modules node tests/clients/kafkajs/suite.js 127.0.0.1:9092

process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'

const { Kafka, CompressionTypes, CompressionCodecs, ConfigResourceTypes, logLevel } = require('kafkajs')
const SnappyCodec = require('kafkajs-snappy')
const lz4 = require('lz4-napi')
const zstd = require('@bokuweb/zstd-wasm')
const { Suite, COUNT, PARTITIONS, STEP_MS, MIB, key, value, headers, largeValues, equal, same, until } = require('./harness')
const { Reader } = require('./reader')

const BROKERS = [process.argv[2] || process.env.BOOTSTRAP_SERVERS || '127.0.0.1:9092']
const kafka = new Kafka({ clientId: 'kafkajs-suite', brokers: BROKERS, logLevel: logLevel.NOTHING, connectionTimeout: 10000 })
const suite = new Suite('kafkajs')
const BIG = 3 * MIB

const CODECS = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
}
CompressionCodecs[CompressionTypes.Snappy] = SnappyCodec
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: encoder => lz4.compressFrame(encoder.buffer),
  decompress: buffer => lz4.decompressFrame(buffer),
})
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async encoder => Buffer.from(zstd.compress(encoder.buffer, 3)),
  decompress: async buffer => Buffer.from(zstd.decompress(buffer)),
})

async function withAdmin(work) {
  const admin = kafka.admin()
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.disconnect()
  }
}

async function create(topic, numPartitions = PARTITIONS, configs = {}) {
  const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }))
  await withAdmin(admin => admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor: 1, configEntries }] }))
  return topic
}

async function withProducer(options, work) {
  const producer = kafka.producer(options)
  await producer.connect()
  try {
    return await work(producer)
  } finally {
    await producer.disconnect()
  }
}

async function withReader(topic, work) {
  const reader = new Reader(BROKERS)
  await reader.connect(topic)
  try {
    return await work(reader)
  } finally {
    await reader.close()
  }
}

async function firstSteps() {
  const topic = suite.topic('first-steps')
  await withProducer({}, async producer => {
    await producer.send({ topic, messages: [{ value: 'Hello KafkaJS user!' }] })
    await producer.send({ topic, messages: [{ key: 'key1', value: 'hello world' }, { key: 'key2', value: 'hey hey!' }] })
  })
  const offsets = await withAdmin(admin => admin.fetchTopicOffsets(topic))
  equal(offsets.reduce((sum, each) => sum + Number(each.high), 0), 3, 'records in the topic')
}

async function codec(name) {
  const topic = await create(suite.topic(`codec-${name}`))
  const base = Date.now() - 3600000
  await withProducer({}, async producer => {
    for (let start = 0; start < COUNT; start += 1000) {
      const messages = []
      for (let i = start; i < start + 1000; i++) {
        messages.push({ key: key(i), value: value(i), headers: headers(i), partition: i % PARTITIONS, timestamp: String(base + i * STEP_MS) })
      }
      for (const answer of await producer.send({ topic, messages, compression: CODECS[name], acks: -1 })) {
        equal(answer.errorCode, 0, 'error code')
        equal(answer.baseOffset, String(start / PARTITIONS), `base offset in partition ${answer.partition}`)
      }
    }
  })
  await withReader(topic, async reader => {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const found = await reader.read(topic, partition, 0, COUNT / PARTITIONS, 100_000)
      equal(found.length, COUNT / PARTITIONS, `records of partition ${partition}`)
      found.forEach((message, at) => checkMessage(message, at, at * PARTITIONS + partition, base))
    }
  })
  await readByTime(topic, base)
}

function checkMessage(message, offset, i, base) {
  equal(Number(message.offset), offset, 'offset')
  same(message.key, key(i), `key of ${i}`)
  same(message.value, value(i), `value of ${i}`)
  const found = Object.fromEntries(Object.entries(message.headers).map(([name, all]) => [name, [all].flat().map(String)]))
  equal(found, headers(i), `headers of ${i}`)
  equal(message.timestamp, String(base + i * STEP_MS), `time of ${i}`)
}

async function readByTime(topic, base) {
  const wanted = COUNT / 2 + 1
  const at = base + wanted * STEP_MS - 1
  const offsets = await withAdmin(admin => admin.fetchTopicOffsetsByTimestamp(topic, at))
  for (const { partition, offset } of offsets) {
    const i = wanted + ((partition - wanted) % PARTITIONS + PARTITIONS) % PARTITIONS
    equal(Number(offset), Math.floor(i / PARTITIONS), `offset by time in partition ${partition}`)
    const [first] = await withReader(topic, reader => reader.read(topic, partition, offset, 1))
    equal(first.timestamp, String(base + i * STEP_MS), `time of the first record in partition ${partition}`)
  }
}

async function large(name) {
  const topic = await create(suite.topic(`large-${name}`), 1, { 'max.message.bytes': String(BIG) })
  const values = largeValues()
  await withProducer({}, async producer => {
    for (const value of values) await producer.send({ topic, messages: [{ value }], compression: CODECS[name] })
  })
  await withReader(topic, async reader => {
    // Fetch limits below one batch: it must come whole all the same.
    const found = await reader.read(topic, 0, 0, values.length, 100_000)
    values.forEach((value, i) => same(found[i].value, value, `large value ${i}`))
  })
}

async function tooLarge() {
  const topic = await create(suite.topic('too-large'), 1)
  await withProducer({ retry: { retries: 0 } }, async producer => {
    await producer.send({ topic, messages: [{ value: Buffer.alloc(MIB - 100, 'x') }] })
    const error = await producer.send({ topic, messages: [{ value: Buffer.alloc(MIB + 100, 'x') }] }).then(() => null, e => e)
    equal(error && (error.type || error.cause?.type), 'MESSAGE_TOO_LARGE', 'error')
    const [answer] = await producer.send({ topic, messages: [{ value: 'still serving' }] })
    equal(answer.baseOffset, '1', 'offset after the refusal')
  })
}

async function idempotent() {
  const topic = await create(suite.topic('idempotent'), 1)
  await withProducer({ idempotent: true, maxInFlightRequests: 1 }, async producer => {
    for (let i = 0; i < 100; i++) {
      const messages = Array.from({ length: 10 }, (_, n) => ({ value: String(i * 10 + n) }))
      await producer.send({ topic, messages })
    }
  })
  const found = await withReader(topic, reader => reader.read(topic, 0, 0, 1000))
  equal(found.map(message => message.value.toString()), Array.from({ length: 1000 }, (_, i) => String(i)), 'values')
}

async function acknowledgements() {
  const topic = await create(suite.topic('acks'), 1)
  await withProducer({}, async producer => {
    for (const acks of [0, 1, -1]) await producer.send({ topic, acks, messages: [{ value: String(acks) }] })
  })
  const found = await withReader(topic, reader => reader.read(topic, 0, 0, 3))
  equal(found.map(message => message.value.toString()), ['0', '1', '-1'], 'values')
}

async function batchOfTopics() {
  const topics = await Promise.all(['a', 'b', 'c'].map(name => create(suite.topic(`batch-${name}`), 2)))
  await withProducer({}, producer => producer.sendBatch({
    topicMessages: topics.map(topic => ({ topic, messages: [{ value: topic, partition: 0 }, { value: topic, partition: 1 }] })),
  }))
  for (const topic of topics) {
    for (const partition of [0, 1]) {
      const [message] = await withReader(topic, reader => reader.read(topic, partition, 0, 1))
      equal(message.value.toString(), topic, `value of ${topic}-${partition}`)
    }
  }
}

async function seekIntoBatch() {
  const topic = await create(suite.topic('seek'), 1)
  const messages = Array.from({ length: 1000 }, (_, i) => ({ value: String(i) }))
  await withProducer({}, producer => producer.send({ topic, messages, compression: CompressionTypes.GZIP }))
  await withReader(topic, async reader => {
    for (const offset of [537, 0, 999]) {
      const [message] = await reader.read(topic, 0, offset, 1)
      equal([message.offset, message.value.toString()], [String(offset), String(offset)], 'record')
    }
  })
}

async function administration() {
  await withAdmin(async admin => {
    const topic = suite.topic('admin')
    equal(await admin.createTopics({ topics: [{ topic, numPartitions: 2, configEntries: [{ name: 'retention.ms', value: '3600000' }] }] }), true, 'created')
    equal(await admin.createTopics({ topics: [{ topic, numPartitions: 2 }] }), false, 'created twice')
    equal((await admin.listTopics()).includes(topic), true, 'topic is listed')
    await admin.createPartitions({ topicPartitions: [{ topic, count: 5 }] })
    await until('five partitions', async () => (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0].partitions.length === 5)

    const resource = { type: ConfigResourceTypes.TOPIC, name: topic }
    const described = async name => (await admin.describeConfigs({ resources: [{ ...resource, configNames: [name] }], includeSynonyms: false }))
      .resources[0].configEntries.find(entry => entry.configName === name)
    equal((await described('retention.ms')).configValue, '3600000', 'retention.ms')
    equal((await described('cleanup.policy')).isDefault, true, 'cleanup.policy is a default')
    await admin.alterConfigs({ validateOnly: false, resources: [{ ...resource, configEntries: [{ name: 'cleanup.policy', value: 'compact' }] }] })
    await until('cleanup.policy is compact', async () => (await described('cleanup.policy')).configValue === 'compact')
    equal((await described('retention.ms')).configValue, '604800000', 'retention.ms after a full replacement')

    const cluster = await admin.describeCluster()
    equal(cluster.brokers.length, 1, 'brokers')
    await admin.deleteTopics({ topics: [topic] })
    await until('the topic is gone', async () => !(await admin.listTopics()).includes(topic))
  })
}

async function deleteRecords() {
  const topic = await create(suite.topic('delete-records'), 1)
  await withProducer({}, producer => producer.send({ topic, messages: Array.from({ length: 100 }, (_, i) => ({ value: String(i) })) }))
  await withAdmin(async admin => {
    // kafkajs looks for the leader only in metadata that it has already seen.
    await admin.fetchTopicOffsets(topic)
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '40' }] })
    const [offsets] = await admin.fetchTopicOffsets(topic)
    equal([offsets.low, offsets.high], ['40', '100'], 'offsets')
  })
}

async function main() {
  await zstd.init()
  await suite.run('first steps: produce to a topic nobody created', firstSteps)
  for (const name of Object.keys(CODECS)) await suite.run(`10,000 records, codec ${name}`, () => codec(name))
  for (const name of Object.keys(CODECS)) await suite.run(`1 MiB values, codec ${name}`, () => large(name))
  await suite.run('a value over max.message.bytes is refused', tooLarge)
  await suite.run('idempotent producer', idempotent)
  await suite.run('acks 0, 1 and all', acknowledgements)
  await suite.run('one request for several topics', batchOfTopics)
  await suite.run('fetch from the middle of a batch', seekIntoBatch)
  await suite.run('admin: topics, partitions, configs', administration)
  await suite.run('admin: delete records', deleteRecords)
  suite.finish()
}

main()
