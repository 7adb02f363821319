import type { MachineConfig } from '#wire/machine-config.ts';
import type { Drawn } from './executor/run.ts';
import type { Ledger } from './licences/ledger.ts';
import { shownStock } from './stock.ts';

const lines = 64;

/** u32 burns counted, u32 journal entries counted, then for each line 1 … 64 two u32: at least and at most, µl; little-endian. */
export const recordOf = { burns: 0, entries: 4, lines: 8 } as const;
export const stockRecordBytes = recordOf.lines + lines * 8;

/** What is in the bottles, between two bounds for each line. Amounts: wiped when disposed of. */
export class StockLevels implements Disposable {
  readonly record: Uint8Array;
  readonly #view: DataView;
  readonly #isKnown: boolean;

  private constructor(isKnown: boolean) {
    this.record = new Uint8Array(stockRecordBytes);
    this.#view = new DataView(this.record.buffer);
    this.#isKnown = isKnown;
  }

  static unknown(): StockLevels {
    return new StockLevels(false);
  }

  static of(record: Uint8Array): StockLevels {
    const levels = new StockLevels(true);
    levels.record.set(record);
    return levels;
  }

  /** At least so much is left, µl. */
  atLeast(line: number): number {
    return this.#view.getUint32(placeOf(line), true);
  }

  /** At most so much is left, µl. */
  atMost(line: number): number {
    return this.#view.getUint32(placeOf(line) + 4, true);
  }

  /** Whether the journal has been where these levels were counted; else they are of another journal. */
  isBehind({ burns, count }: Ledger): boolean {
    return this.#burns <= burns && this.#entries <= count;
  }

  /**
   * Takes in what was set since, and lets the published bounds stand for drinks that were not counted: what is shown never is more
   * than there is. With `isPoured` the last drink is about to be drawn exactly.
   */
  followJournal(ledger: Ledger, config: MachineConfig, isPoured: boolean): void {
    const isMissed = !this.#isKnown || this.#burns + (isPoured ? 1 : 0) < ledger.burns;
    for (const { line, bottle_ul } of config.pumps) {
      const set = ledger.bottles.get(line);
      const isSet = set !== undefined && (!this.#isKnown || set.index > this.#entries);
      if (isSet || !this.#isKnown) this.#put(line, bottle_ul, set?.stock_ul ?? bottle_ul);
      // what a technician drew off meanwhile is in what is shown
      const isDrawn = (ledger.service.drawnAt.get(line) ?? 0) > this.#entries;
      if (isSet || isMissed || isDrawn) this.#put(line, shownStock(line, config, ledger), this.atMost(line));
    }
  }

  /**
   * Takes out what flowed in the last drink, each of `doses` doses of a line off by the usual error at most. Of a bottle that was
   * changed meanwhile nobody knows how much of it.
   */
  draw(drawn: Drawn, doses: number, { pumps, limits }: MachineConfig, { bottles, burnedAt }: Ledger): void {
    const error = doses * limits.dose_error_ul;
    for (const { line, channel } of pumps) {
      if (drawn.ofPump(channel) === 0) continue;
      const least = this.atLeast(line) - drawn.ofPump(channel) - error;
      const isChanged = (bottles.get(line)?.index ?? 0) > burnedAt;
      const most = isChanged ? this.atMost(line) : this.atMost(line) - drawn.ofPump(channel) + error;
      this.#put(line, Math.max(0, least), Math.max(0, Math.min(most, this.atMost(line))));
    }
  }

  /** Says that all is counted that the journal has. */
  countTo({ burns, count }: Ledger): void {
    this.#view.setUint32(recordOf.burns, burns, true);
    this.#view.setUint32(recordOf.entries, count, true);
  }

  [Symbol.dispose](): void {
    this.record.fill(0);
  }

  get #burns(): number {
    return this.#view.getUint32(recordOf.burns, true);
  }

  get #entries(): number {
    return this.#view.getUint32(recordOf.entries, true);
  }

  #put(line: number, least: number, most: number): void {
    this.#view.setUint32(placeOf(line), Math.min(least, most), true);
    this.#view.setUint32(placeOf(line) + 4, most, true);
  }
}

function placeOf(line: number): number {
  return recordOf.lines + (line - 1) * 8;
}
