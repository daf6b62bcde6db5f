// Reads partitions through kafkajs's own connections and decoders.
//
// kafkajs's public consumer always joins a group. Highwater has no groups yet, so this uses the
// layer below: the cluster (metadata, leaders) and the broker's fetch request. Once groups are
// served the suite should use `kafka.consumer()`.

const Cluster = require('kafkajs/src/cluster')
const createLogger = require('kafkajs/src/loggers').createLogger
const LoggerConsole = require('kafkajs/src/loggers/console')
const socketFactory = require('kafkajs/src/network/socketFactory')
const { logLevel } = require('kafkajs')

class Reader {
  constructor(brokers) {
    this.cluster = new Cluster({
      logger: createLogger({ level: logLevel.NOTHING, logCreator: LoggerConsole }),
      socketFactory: socketFactory(),
      brokers,
      clientId: 'reader',
      connectionTimeout: 10000,
      requestTimeout: 30000,
      enforceRequestTimeout: true,
      metadataMaxAge: 300000,
      allowAutoTopicCreation: false,
      maxInFlightRequests: null,
      isolationLevel: 1,
      offsets: new Map(),
      retry: { retries: 10 },
    })
  }

  async connect(topic) {
    await this.cluster.connect()
    await this.cluster.addTargetTopic(topic)
  }

  async close() {
    await this.cluster.disconnect()
  }

  // Reads `count` records of one partition from `offset`; maxBytes may be far below a batch.
  async read(topic, partition, offset, count, maxBytes = 1024 * 1024) {
    const found = []
    let next = BigInt(offset)
    let empty = 0
    while (found.length < count) {
      const leader = Object.entries(this.cluster.findLeaderForPartitions(topic, [partition]))[0][0]
      const broker = await this.cluster.findBroker({ nodeId: leader })
      const answer = await broker.fetch({
        maxWaitTime: 1000,
        minBytes: 1,
        maxBytes,
        isolationLevel: 1,
        topics: [{ topic, partitions: [{ partition, fetchOffset: next.toString(), maxBytes }] }],
      })
      const messages = answer.responses[0].partitions[0].messages
      // A fetch from the middle of a batch answers the whole batch, as Kafka does.
      const fresh = messages.filter(message => BigInt(message.offset) >= next)
      empty = fresh.length ? 0 : empty + 1
      if (empty > 10) throw new Error(`read ${found.length} of ${count} records of ${topic}-${partition}`)
      for (const message of fresh) {
        found.push(message)
        next = BigInt(message.offset) + 1n
      }
    }
    return found
  }
}

module.exports = { Reader }
