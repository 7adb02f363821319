import type { CellStatus } from '#wire/cell-api.ts';
import { isFailure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import type { CellClient } from '../cell/cell-client.ts';
import type { Sync } from '../sync.ts';
import type { Counter } from './counter.ts';
import { isClosed } from './order.ts';

export interface StrayPorts {
  readonly cell: Pick<CellClient, 'ask'>;
  readonly counter: Pick<Counter, 'find' | 'settle'>;
  readonly sync: Pick<Sync, 'outcome'>;
  readonly log: Log;
}

/**
 * Clears up what the cell still holds for orders that desk has closed, or does not know because its database was lost: uses
 * that are reserved or wait for such an order are given free for others, outcomes must reach licensing all the same.
 */
export async function clearStrays(unfinished: CellStatus['unfinished'], ports: StrayPorts): Promise<void> {
  for (const { order, stage } of unfinished) {
    const known = ports.counter.find(order);
    if (known !== null && !isClosed(known)) continue;
    try {
      if (stage === 'reserved' || stage === 'granted') await ports.cell.ask('release', { order, given_up: true });
      else if (known === null) await ports.sync.outcome(order);
      // a drink that was given up and poured all the same becomes an open case by this
      else if (known.usage === null) await ports.counter.settle(order);
    } catch (error) {
      if (!isFailure(error)) throw error;
      ports.log.warn('stray use not cleared', { order, stage, code: error.code });
    }
  }
}
