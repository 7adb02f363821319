import type { Token } from '#hsm/token.ts';
import type { Disk } from '#shared/disk.ts';
import { isFailure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { Turn } from '#shared/turn.ts';
import type { MachineConfig } from '#wire/machine-config.ts';
import type { Books } from './books.ts';
import type { Drawn } from './executor/run.ts';
import { recordOf, StockLevels, stockRecordBytes } from './stock-levels.ts';

export interface ExactStockPorts {
  readonly token: Pick<Token, 'encryptState' | 'decryptState'>;
  readonly disk: Disk;
  readonly books: Books;
  readonly config: MachineConfig;
  readonly log: Log;
}

const path = 'stock/levels';

/**
 * What the lines really hold, as far as the cell can know it: between two bounds, in a file of fixed length under the token's state
 * key, of which nobody is shown anything (what is shown is `shownStock`). Written anew at each start, each time a stock is set and
 * at the end of each drink that was burned, for all lines each time, so that neither its length nor its times depend on amounts. A
 * file that is missing, damaged or older than the last drink costs exactness only: the bounds are then those of the published recipes.
 */
export class ExactStock {
  readonly #ports: ExactStockPorts;
  readonly #turn = new Turn();

  constructor(ports: ExactStockPorts) {
    this.#ports = ports;
  }

  /** Brings the file up to date with the journal. Without token or disk it stays as it is, and is wider next time. */
  keep(): Promise<void> {
    return this.#rewrite(null, 0);
  }

  /** The same at the end of a drink, with what flowed; `doses`: at most so many of a line, each off by the usual error. */
  pour(drawn: Drawn | undefined, doses: number): Promise<void> {
    return this.#rewrite(drawn ?? null, doses);
  }

  /** Runs `look` with the levels, which are wiped when it returns. For the cell itself: no verdict and no view may depend on them. */
  within<T>(look: (levels: StockLevels) => T): Promise<T> {
    return this.#turn.take(async () => {
      using levels = await this.#levels(false);
      return look(levels);
    });
  }

  #rewrite(drawn: Drawn | null, doses: number): Promise<void> {
    return this.#turn.take(async () => {
      const { books, config, disk, token, log } = this.#ports;
      try {
        using levels = await this.#levels(drawn !== null);
        if (drawn !== null) levels.draw(drawn, doses, config, books.ledger);
        levels.countTo(books.ledger);
        const aad = this.#aad(levels.record.subarray(0, recordOf.lines));
        await disk.replace(
          path,
          concatenated(levels.record.slice(0, recordOf.lines), await token.encryptState(levels.record, aad)),
        );
      } catch (error) {
        if (!isFailure(error)) throw error;
        log.warn('stock not kept', { code: error.code });
      }
    });
  }

  /** As the file has them, made wider by whatever it has not seen; `isPoured`: the last drink is still to be drawn. */
  async #levels(isPoured: boolean): Promise<StockLevels> {
    const { books, config } = this.#ports;
    const levels = (await this.#read()) ?? StockLevels.unknown();
    levels.followJournal(books.ledger, config, isPoured);
    return levels;
  }

  async #read(): Promise<StockLevels | null> {
    const { disk, token, books } = this.#ports;
    const bytes = await disk.read(path);
    if (bytes === null || bytes.length <= recordOf.lines) return null;
    const counters = bytes.subarray(0, recordOf.lines);
    const sealed = bytes.subarray(recordOf.lines);
    const room = new Uint8Array(sealed.length);
    try {
      const length = await token.decryptState(sealed, this.#aad(counters), room);
      const levels = length === stockRecordBytes ? StockLevels.of(room.subarray(0, length)) : null;
      return levels?.isBehind(books.ledger) === true ? levels : null;
    } catch (error) {
      if (!isFailure(error)) throw error;
      this.#ports.log.warn('stock not read', { code: error.code });
      return null;
    } finally {
      room.fill(0);
    }
  }

  /** Binds the file to this machine and to how far the journal had come: neither another's file nor other counters open it. */
  #aad(counters: Uint8Array): Uint8Array {
    return concatenated(new TextEncoder().encode(`stock of ${this.#ports.config.machine.id} `), counters);
  }
}

function concatenated(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
