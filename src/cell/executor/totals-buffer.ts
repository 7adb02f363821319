import { valueAt } from '#firmware-bridge/column.ts';
import type { DoseBuffer } from '#firmware-bridge/dose-buffer.ts';
import { amountAt, countOf, pauseMsOf, slotAt, timingOf, timings } from '#recipes/record.ts';
import type { FlowCalibration } from '../planner/flow-calibration.ts';
import type { PieceView } from '../planner/plan.ts';
import { carried } from '../planner/remainder.ts';
import { quotient } from '../planner/whole.ts';
import type { Bounds } from './bounds.ts';

const slots = 256;
const pumps = 32;
const totalsBytes = (slots + 4 + pumps) * 4;
/** More than any seal adds: that of a token without AES is 348 bytes. */
const sealRoom = 512;
const purpose = Uint8Array.from('totals of a run', (letter) => letter.charCodeAt(0));

/**
 * Seals what only the holder of a key opens that is not in this process: the token's state key. `open` writes into `out`, which
 * has room for all of `sealed`, and answers the plaintext's length.
 */
export interface TotalsSeal {
  encryptState(plaintext: Uint8Array, aad: Uint8Array): Promise<Uint8Array>;
  decryptState(sealed: Uint8Array, aad: Uint8Array, out: Uint8Array): Promise<number>;
}

/**
 * Running totals of one run, µl and µs, compared with the bounds before each piece. They are amounts: where a slot is poured
 * once, its total is the very dose. So they lie open only while a piece is read, and are sealed while it pours.
 */
export class TotalsBuffer implements Disposable {
  readonly #bytes = new ArrayBuffer(totalsBytes + sealRoom);
  /** What the open piece delivered while the totals were away, by pump, µl. */
  readonly #late = new Uint32Array(pumps);
  #sealed: Uint8Array | null = null;
  readonly #ordered = new Uint32Array(this.#bytes, 0, slots);
  /** Ordered in all, delivered in all, machine time in ms, pause to come in ms. */
  readonly #sums = new Uint32Array(this.#bytes, slots * 4, 4);
  /** Delivered by each pump. */
  readonly #drawn = new Uint32Array(this.#bytes, (slots + 4) * 4, pumps);

  /** Sum of the amounts of all pieces taken, µl. */
  get orderedUl(): number {
    return valueAt(this.#sums, 0);
  }

  /** Sum of what was executed by the calibration, µl. */
  get deliveredUl(): number {
    let sum = valueAt(this.#sums, 1);
    for (let pump = 0; pump < pumps; pump += 1) sum += valueAt(this.#late, pump);
    return sum;
  }

  /** What one pump delivered, µl. */
  ofPump(pump: number): number {
    return valueAt(this.#drawn, pump) + valueAt(this.#late, pump);
  }

  /** Machine time of all jobs so far, ms. */
  get machineMs(): number {
    return valueAt(this.#sums, 2);
  }

  /** Pause to be made before the next pour, ms. */
  get pauseMs(): number {
    return valueAt(this.#sums, 3);
  }

  /** Whether the piece keeps within the bounds after all that was poured before; changes nothing. */
  admits(piece: PieceView, bounds: Bounds): boolean {
    const isParallel = timingOf(piece) !== timings.one_after_other;
    let left = bounds.totalUl - this.orderedUl;
    let distinct = 0;
    for (let entry = 0; entry < countOf(piece); entry += 1) {
      const slot = slotAt(piece, entry);
      const limit = bounds.slots[slot];
      const dose = isParallel ? sameSlot(piece, slot) : amountAt(piece, entry);
      if (limit === undefined || dose < bounds.minDoseUl) return false;
      if (sameSlot(piece, slot) > limit.maxUl - valueAt(this.#ordered, slot) || amountAt(piece, entry) > left)
        return false;
      left -= amountAt(piece, entry);
      if (isFirst(piece, entry)) distinct += 1;
    }
    return !isParallel || distinct <= bounds.parallel;
  }

  /** Whether the pause and then `us` of machine time still keep within the duration. */
  admitsTime(us: number, bounds: Bounds): boolean {
    return this.machineMs + this.pauseMs + wholeMs(us) <= bounds.durationMs;
  }

  /** Books the amounts of a piece that is taken. */
  order(piece: PieceView): void {
    for (let entry = 0; entry < countOf(piece); entry += 1) {
      const slot = slotAt(piece, entry);
      this.#ordered[slot] = valueAt(this.#ordered, slot) + amountAt(piece, entry);
      this.#sums[0] = this.orderedUl + amountAt(piece, entry);
    }
  }

  /** Books what a pump delivered, µl. */
  deliver(pump: number, amount: number): void {
    this.#late[pump] = valueAt(this.#late, pump) + amount;
  }

  /** Books what the pumps of a job delivered: by `measured` (its pump, and what the calibration says) unless that is below 0. */
  deliverAll(
    doses: DoseBuffer,
    calibrationOf: (pump: number) => FlowCalibration,
    measured: (pump: number, carriedUl: number) => number = () => -1,
  ): void {
    for (let pump = 0; pump < pumps; pump += 1) {
      let isIn = false;
      let sum = 0;
      for (let row = 0; row < doses.count; row += 1) {
        if (doses.pump[row] !== pump) continue;
        isIn = true;
        sum += carried(calibrationOf(pump), valueAt(doses.drive, row), valueAt(doses.onUs, row));
      }
      if (!isIn) continue;
      const ul = measured(pump, sum);
      this.deliver(pump, ul < 0 ? sum : ul);
    }
  }

  /** How much more of a slot the bounds allow after all that was taken, µl. */
  room(slot: number, bounds: Bounds): number {
    const ofSlot = (bounds.slots[slot]?.maxUl ?? 0) - valueAt(this.#ordered, slot);
    return Math.max(0, Math.min(ofSlot, bounds.totalUl - this.orderedUl));
  }

  /** Seals the totals; all of them are zero until they are taken out again. @throws what the seal throws: they stay as they are then */
  async putAway(seal: TotalsSeal): Promise<void> {
    this.#sums[1] = this.deliveredUl;
    for (let pump = 0; pump < pumps; pump += 1) this.#drawn[pump] = this.ofPump(pump);
    this.#late.fill(0);
    this.#sealed = await seal.encryptState(new Uint8Array(this.#bytes, 0, totalsBytes), purpose);
    new Uint8Array(this.#bytes).fill(0);
  }

  /** Opens the totals if they were put away. @throws what the seal throws */
  async takeOut(seal: TotalsSeal): Promise<void> {
    if (this.#sealed === null) return;
    await seal.decryptState(this.#sealed, purpose, new Uint8Array(this.#bytes, 0, this.#sealed.length));
    this.#sealed = null;
  }

  /** Books machine time that the next job will take, µs, its pause included; the pause is made by it. */
  spend(us: number): void {
    this.#sums[2] = this.machineMs + wholeMs(us);
    this.#sums[3] = 0;
  }

  /** Remembers the pause of a piece; it is made before the next pour and never after the last. */
  pauseAfter(piece: PieceView): void {
    this.#sums[3] = Math.min(this.pauseMs + pauseMsOf(piece), 0x7fff_ffff);
  }

  wipe(): void {
    new Uint8Array(this.#bytes).fill(0);
    this.#late.fill(0);
    this.#sealed = null;
  }

  isWiped(): boolean {
    return this.#late.every((amount) => amount === 0) && new Uint8Array(this.#bytes).every((byte) => byte === 0);
  }

  [Symbol.dispose](): void {
    this.wipe();
  }
}

/** Rounded up. */
function wholeMs(us: number): number {
  return quotient(us + 999, 1000);
}

function sameSlot(piece: PieceView, slot: number): number {
  let sum = 0;
  for (let entry = 0; entry < countOf(piece); entry += 1) {
    if (slotAt(piece, entry) === slot) sum += amountAt(piece, entry);
  }
  return sum;
}

function isFirst(piece: PieceView, entry: number): boolean {
  for (let earlier = 0; earlier < entry; earlier += 1) {
    if (slotAt(piece, earlier) === slotAt(piece, entry)) return false;
  }
  return true;
}
