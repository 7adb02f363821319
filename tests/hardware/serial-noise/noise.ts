import type { Dice } from '#firmware-bridge/sim/dice.ts';
import type { BadLine, Meddler } from '#tests/support/bad-line.ts';

/** How much of each kind was done to a line. */
export interface Faults {
  /** Bytes with another bit. */
  flipped: number;
  lost: number;
  doubled: number;
  /** Bytes that nobody had sent. */
  inserted: number;
  /** Stretches of earlier traffic, whole frames most of them and of earlier sessions too, said again. */
  repeated: number;
  /** The cable out and in again. */
  cuts: number;
  resets: number;
}

export const noFaults = (): Faults => ({
  flipped: 0,
  lost: 0,
  doubled: 0,
  inserted: 0,
  repeated: 0,
  cuts: 0,
  resets: 0,
});

export const sum = (faults: Faults): number =>
  Object.values<number>({ ...faults }).reduce((all, each) => all + each, 0);

const remembered = 300;

/** Does to a line what motors, bad plugs and other programs do, and counts it. */
export class Noise {
  readonly faults = noFaults();
  /** Share of bytes that are changed, lost or doubled on their way. */
  share = 0;
  readonly #dice: Dice;
  readonly #line: BadLine;
  readonly #said: Uint8Array[] = [];

  constructor(line: BadLine, dice: Dice) {
    this.#dice = dice;
    this.#line = line;
    line.toBoard = (bytes) => {
      this.#remember(bytes);
      return this.#meddle(bytes);
    };
    line.toHost = this.#meddle;
  }

  /** Says something to the board in between. */
  async interject(): Promise<void> {
    const bytes: number[] = [];
    if (this.#dice.uniform() < 0.4) this.#garbage(bytes);
    else this.#again(bytes);
    await this.#line.interject(Uint8Array.from(bytes));
  }

  readonly #meddle: Meddler = (bytes) => {
    const arrived: number[] = [];
    if (this.#share(0.1)) this.#garbage(arrived);
    if (this.#share(0.1)) this.#again(arrived);
    for (const byte of bytes) this.#pass(byte, arrived);
    if (this.#share(0.1)) this.#garbage(arrived);
    return Uint8Array.from(arrived);
  };

  #share(chance: number): boolean {
    return this.share > 0 && this.#dice.uniform() < chance;
  }

  #pass(byte: number, arrived: number[]): void {
    const kind = this.#dice.uniform() < this.share ? this.#below(3) : 3;
    if (kind === 0) {
      arrived.push(byte ^ (1 << this.#below(8)));
      this.faults.flipped += 1;
    } else if (kind === 1) this.faults.lost += 1;
    else if (kind === 2) {
      arrived.push(byte, byte);
      this.faults.doubled += 1;
    } else arrived.push(byte);
  }

  /** Half of it ends as a frame does. */
  #garbage(arrived: number[]): void {
    const count = 1 + this.#below(8);
    for (let i = 0; i < count; i += 1) arrived.push(this.#below(256));
    if (this.#dice.uniform() < 0.5) arrived.push(0);
    this.faults.inserted += count;
  }

  #again(arrived: number[]): void {
    const frame = this.#said[this.#below(this.#said.length)];
    if (frame === undefined) return;
    const half = this.#dice.uniform() < 0.2 ? this.#below(frame.length) : frame.length;
    arrived.push(...frame.subarray(0, half));
    this.faults.repeated += 1;
  }

  #remember(bytes: Uint8Array): void {
    if (this.#said.length < remembered) this.#said.push(bytes.slice());
    else this.#said[this.#below(remembered)] = bytes.slice();
  }

  #below(count: number): number {
    return Math.floor(this.#dice.uniform() * count);
  }
}
