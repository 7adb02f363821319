import { Dice } from '#firmware-bridge/sim/dice.ts';

/** A CBOR item within some bytes: its head and where it ends. */
interface Item {
  readonly at: number;
  readonly end: number;
  readonly head: number;
}

/**
 * Inputs like valid ones: whole CBOR items are taken out, doubled, swapped or replaced by items of other seeds, heads are given other
 * lengths, and bytes and bits are changed where that is not enough. The same seed gives the same inputs.
 */
export class Mutator {
  readonly #dice: Dice;
  readonly #seeds: readonly Uint8Array[];
  readonly #pool: readonly Uint8Array[];
  /** Of the seeds, which are walked through again and again. */
  readonly #items: ReadonlyMap<Uint8Array, readonly Item[]>;

  constructor(seed: number, seeds: readonly Uint8Array[]) {
    this.#dice = new Dice(seed);
    this.#seeds = seeds;
    this.#items = new Map(seeds.map((bytes) => [bytes, itemsIn(bytes)]));
    this.#pool = [
      ...seeds.flatMap((bytes) => itemsIn(bytes).map(({ at, end }) => bytes.subarray(at, end))),
      ...strange,
    ];
  }

  below(limit: number): number {
    return Math.floor(this.#dice.uniform() * limit);
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[this.below(from.length)];
    if (picked === undefined) throw new RangeError('nothing to pick from');
    return picked;
  }

  /** Some seed, changed in one to three places; one in fifty as it is. */
  next(): Uint8Array {
    let bytes = this.pick(this.#seeds);
    if (this.below(50) === 0) return bytes.slice();
    for (let left = 1 + this.below(3); left > 0; left -= 1) bytes = this.change(bytes);
    return bytes;
  }

  /** The bytes with one change. */
  change(bytes: Uint8Array): Uint8Array {
    return this.below(3) > 0 ? this.#changeItem(bytes) : this.#changeBytes(bytes);
  }

  #changeItem(bytes: Uint8Array): Uint8Array {
    const items = this.#items.get(bytes) ?? itemsIn(bytes);
    if (items.length === 0) return this.#changeBytes(bytes);
    const item = this.pick(items);
    const { at, end, head } = item;
    const self = bytes.subarray(at, end);
    switch (this.below(7)) {
      case 0:
        return spliced(bytes, at, end, new Uint8Array(0));
      case 1:
        return spliced(bytes, end, end, self);
      case 2:
        return spliced(bytes, at, end, this.pick(this.#pool));
      case 3: {
        const other = this.pick(items);
        return spliced(bytes, at, end, bytes.subarray(other.at, other.end));
      }
      case 4:
        return spliced(bytes, at, at + head, this.#head((bytes[at] ?? 0) >> 5));
      case 5:
        return spliced(bytes, at, end, Uint8Array.of(this.pick([0x81, 0xa1, 0xc1, 0xd2, 0x9f, 0x41]), ...self));
      default:
        return spliced(bytes, at, end, this.#changeBytes(self));
    }
  }

  /** A head of that major type with some argument, short or long. */
  #head(major: number): Uint8Array {
    const argument = this.pick([0, 1, 23, 24, 255, 256, 65_535, 65_536, 0x7fff_ffff, 0xffff_ffff]);
    const head = new Uint8Array(1 + this.pick([0, 1, 2, 4, 8]));
    const info = [0, 24, 25, 0, 26, 0, 0, 0, 27][head.length - 1] ?? 0;
    head[0] = (major << 5) | (head.length === 1 ? argument % 24 : info);
    for (let i = head.length - 1, rest = argument; i > 0; i -= 1, rest = Math.floor(rest / 256)) head[i] = rest % 256;
    return head;
  }

  #changeBytes(bytes: Uint8Array): Uint8Array {
    const at = this.below(bytes.length + 1);
    const end = Math.min(bytes.length, at + this.below(8));
    switch (this.below(5)) {
      case 0:
        return bytes.slice(0, at);
      case 1:
        return spliced(bytes, at, end, new Uint8Array(0));
      case 2:
        return spliced(
          bytes,
          at,
          at,
          Uint8Array.from({ length: 1 + this.below(4) }, () => this.below(256)),
        );
      case 3: {
        const changed = bytes.slice();
        if (at < changed.length) changed[at] = this.pick([0, 0xff, 0x7f, 0x80, this.below(256)]);
        return changed;
      }
      default: {
        const changed = bytes.slice();
        if (at < changed.length) changed[at] = (changed[at] ?? 0) ^ (1 << this.below(8));
        return changed;
      }
    }
  }
}

/** Items that no seed holds: null, true, floats, NaN, a break, big numbers, long strings, deep nesting. */
const strange: readonly Uint8Array[] = [
  'f6',
  'f5',
  'f7',
  'f97e00',
  'fb7ff0000000000000',
  'ff',
  '1bffffffffffffffff',
  '3bffffffffffffffff',
  'c249ffffffffffffffffff',
  '7f61ff',
  '60',
  '40',
  '80',
  'a0',
  '61ff',
  '695f5f70726f746f5f5f',
  'a1695f5f70726f746f5f5fa0',
  '9b00000000ffffffff',
  'bb7fffffffffffffff',
  '5b00000000ffffffff',
  '81'.repeat(40),
  'd8ff00',
].map((hex) => new Uint8Array(Buffer.from(hex, 'hex')));

export function spliced(bytes: Uint8Array, at: number, end: number, put: Uint8Array): Uint8Array {
  const made = new Uint8Array(at + put.length + Math.max(0, bytes.length - end));
  made.set(bytes.subarray(0, at));
  made.set(put, at);
  made.set(bytes.subarray(end), at + put.length);
  return made;
}

/**
 * Every CBOR item, also those inside byte strings that hold CBOR; bytes that are none are passed over. The product's own reader is not
 * asked: it is what is tried.
 */
export function itemsIn(bytes: Uint8Array): Item[] {
  const items: Item[] = [];
  walk(bytes, 0, bytes.length, items, 0);
  return items;
}

/** Adds the item at `at` and those inside; answers its end, or null when there is none. */
function walk(bytes: Uint8Array, at: number, limit: number, items: Item[], depth: number): number | null {
  const first = bytes[at];
  if (first === undefined || at >= limit || depth > 12 || items.length > 400) return null;
  const [major, info] = [first >> 5, first & 31];
  const width = info < 24 ? 0 : info < 28 ? 1 << (info - 24) : -1;
  if (width < 0 || at + 1 + width > limit) return null;
  let argument = width === 0 ? info : 0;
  for (let i = 1; i <= width; i += 1) argument = argument * 256 + (bytes[at + i] ?? 0);
  const head = 1 + width;
  const place = items.push({ at, end: at + head, head }) - 1;
  const end = ended(bytes, at + head, limit, items, depth, major, argument);
  if (end === null) items.length = place;
  else items[place] = { at, end, head };
  return end;
}

function ended(
  bytes: Uint8Array,
  start: number,
  limit: number,
  items: Item[],
  depth: number,
  major: number,
  argument: number,
): number | null {
  if (major === 2 || major === 3) {
    const end = start + argument;
    if (end > limit) return null;
    if (major === 2 && argument > 2 && walk(bytes, start, end, items, depth + 1) !== end) return end;
    return end;
  }
  const inside = major === 4 ? argument : major === 5 ? argument * 2 : major === 6 ? 1 : 0;
  let at: number | null = start;
  for (let i = 0; i < inside && at !== null; i += 1) at = walk(bytes, at, limit, items, depth + 1);
  return at;
}
