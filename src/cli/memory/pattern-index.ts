/** Many byte strings, looked for at once. */
export class PatternIndex {
  /** Bytes of the longest pattern. */
  readonly longest: number;
  readonly #patterns: readonly Uint8Array[];
  /** For each pattern the place of the two of its bytes by which it is found first. */
  readonly #anchors: readonly number[];
  /** 0, or one more than the place in `#chains` of the patterns with these two bytes. */
  readonly #chainOf = new Uint16Array(0x1_0000);
  readonly #chains: number[][] = [];

  /** @throws RangeError for a pattern of less than two bytes, and for more than 60,000 patterns. */
  constructor(patterns: readonly Uint8Array[]) {
    if (patterns.length > 60_000) throw new RangeError('at most 60,000 patterns');
    this.#patterns = patterns;
    this.longest = patterns.reduce((most, { length }) => Math.max(most, length), 0);
    this.#anchors = patterns.map(anchorOf);
    for (const [which, pattern] of patterns.entries()) {
      const key = pairAt(pattern, this.#anchors[which] ?? 0);
      if (this.#chainOf[key] === 0) this.#chainOf[key] = this.#chains.push([]);
      this.#chains[(this.#chainOf[key] ?? 1) - 1]?.push(which);
    }
  }

  /**
   * Calls `found` for each pattern that begins in `bytes` before `end` and lies wholly in `bytes`. A window's last
   * `longest - 1` bytes are the next one's first, and `end` keeps what begins there from being told twice.
   */
  search(bytes: Uint8Array, end: number, found: (pattern: number, at: number) => void): void {
    const chainOf = this.#chainOf;
    const last = bytes.length - 1;
    for (let at = 0; at < last; at += 1) {
      const chain = chainOf[(bytes[at] as number) | ((bytes[at + 1] as number) << 8)] as number;
      if (chain !== 0) this.#follow(chain - 1, bytes, at, end, found);
    }
  }

  #follow(chain: number, bytes: Uint8Array, at: number, end: number, found: (pattern: number, at: number) => void) {
    for (const which of this.#chains[chain] ?? []) {
      const start = at - (this.#anchors[which] ?? 0);
      const pattern = this.#patterns[which];
      if (pattern !== undefined && start >= 0 && start < end && isAt(pattern, bytes, start)) found(which, start);
    }
  }
}

function isAt(pattern: Uint8Array, bytes: Uint8Array, start: number): boolean {
  if (start + pattern.length > bytes.length) return false;
  for (let i = 0; i < pattern.length; i += 1) if (pattern[i] !== bytes[start + i]) return false;
  return true;
}

/** The two neighbours that memory holds least often: zeros are everywhere, and so are letters and small numbers. */
function anchorOf(pattern: Uint8Array): number {
  if (pattern.length < 2) throw new RangeError('a pattern has two bytes or more');
  let best = 0;
  for (let at = 1; at < pattern.length - 1; at += 1) {
    if (rarity(pattern, at) > rarity(pattern, best)) best = at;
  }
  return best;
}

function rarity(pattern: Uint8Array, at: number): number {
  return byteRarity(pattern[at] ?? 0) + byteRarity(pattern[at + 1] ?? 0);
}

function byteRarity(byte: number): number {
  if (byte === 0) return 0;
  return byte === 0xff || byte < 0x10 ? 1 : byte < 0x80 ? 2 : 3;
}

function pairAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}
