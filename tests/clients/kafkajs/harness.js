// Runs scenarios one by one and reports each on a line of its own, like the Python suites.

const assert = require('node:assert')
const { randomBytes } = require('node:crypto')

const COUNT = 10000
const PARTITIONS = 4
const STEP_MS = 100
const MIB = 1024 * 1024

// The rule of the records is written down in ../python/records.py.
const key = i => (i % 7 === 3 ? null : Buffer.from(`key-${i}`))
const value = i => (i % 11 === 5 ? null : Buffer.from(`value-${i}-${'abcdefghij'.repeat(i % 20)}`))
// kafkajs cannot write a header without a value, so that one is left out here.
const headers = i => (i % 3 ? {} : { n: [String(i), 'again'] })

// About one mebibyte each: no pattern at all, a strong pattern, and half of each.
function largeValues() {
  let state = 12345
  const noise = Buffer.alloc(MIB)
  for (let i = 0; i < MIB; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    noise[i] = state >>> 24
  }
  const pattern = Buffer.from('highwater '.repeat(MIB / 10))
  return [noise, pattern, Buffer.concat([noise.subarray(0, MIB / 2), Buffer.alloc(MIB / 2)])]
}

class Suite {
  constructor(name) {
    this.name = name
    this.runId = randomBytes(4).toString('hex')
    this.passed = 0
    this.failed = 0
    this.only = process.env.ONLY || ''
  }

  topic(what) {
    return `${this.name}-${what}-${this.runId}`
  }

  async run(name, scenario) {
    if (!name.includes(this.only)) return
    const started = performance.now()
    const seconds = () => `(${((performance.now() - started) / 1000).toFixed(2)}s)`
    try {
      await within(60_000, scenario())
      this.passed++
      console.log(`ok   ${name} ${seconds()}`)
    } catch (error) {
      this.failed++
      console.log(`FAIL ${name} ${seconds()}`)
      const text = String(error.stack || error).split('\n').filter(line => !line.includes('node_modules'))
      for (const line of text.slice(0, 12)) console.log(`     ${line.slice(0, 300)}`)
    }
  }

  finish() {
    console.log(`${this.passed} passed, ${this.failed} failed`)
    process.exit(this.failed ? 1 : 0)
  }
}

function within(milliseconds, promise) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${milliseconds} ms`)), milliseconds)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

function equal(actual, expected, what) {
  assert.deepStrictEqual(actual, expected, `${what}: got ${short(actual)}, expected ${short(expected)}`)
}

function same(actual, expected, what) {
  const fine = actual === null || expected === null ? actual === expected : actual.equals(expected)
  assert.ok(fine, `${what}: got ${short(actual)}, expected ${short(expected)}`)
}

function short(value) {
  const text = Buffer.isBuffer(value) ? value.subarray(0, 100).toString() : JSON.stringify(value)
  return text === undefined || text.length <= 300 ? text : `${text.slice(0, 300)}...`
}

async function until(what, condition) {
  for (let tries = 0; tries < 300; tries++) {
    if (await condition()) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error(`not within 15 s: ${what}`)
}

module.exports = { Suite, COUNT, PARTITIONS, STEP_MS, MIB, key, value, headers, largeValues, equal, same, until }
