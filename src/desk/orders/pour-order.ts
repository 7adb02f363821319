import type { Clock } from '#shared/clock.ts';
import { type Failure, isFailure } from '#shared/failure.ts';
import type { CellClient } from '../cell/cell-client.ts';
import type { Counter } from './counter.ts';
import { type Order, type Problem, problemOf } from './order.ts';

export interface PourOrderPorts {
  readonly cell: Pick<CellClient, 'ask'>;
  readonly clock: Clock;
}

/** What the customer can mend: the drink stays checked and is started by another touch. */
const mendable = ['machine/glass-missing', 'machine/interlock-open'] as const;
/** Refusals that say nothing about the licence: it may be checked and started again. */
const passing = ['machine/cell-unreachable', 'machine/busy', 'order/wrong-state', 'message/malformed'] as const;

/**
 * Has the cell burn the licence and pour. When that is refused or not answered, the cell's journal is asked what became of
 * it: nothing is started a second time, failed or paid back on a guess.
 */
export async function pourOrder({ id }: Order, counter: Counter, ports: PourOrderPorts): Promise<void> {
  try {
    // done already but for a cell that was restarted since: then the touch must not be lost
    await ports.cell.ask('check', { order: id });
    await ports.cell.ask('start', { order: id });
  } catch (error) {
    if (!isFailure(error)) throw error;
    if (isFailure(error, ...mendable)) {
      counter.dispatch(id, { type: 'not_started', problem: problemOf(error), recheck: false });
    } else {
      await settle(id, counter, ports, error);
    }
    return;
  }
  counter.dispatch(id, { type: 'burned', at: ports.clock.now() });
}

/** Takes over from the cell what became of an order that was started. */
export function settleOrder(id: string, counter: Counter, ports: PourOrderPorts): Promise<void> {
  return settle(id, counter, ports, null);
}

async function settle(id: string, counter: Counter, ports: PourOrderPorts, refusal: Failure | null): Promise<void> {
  const { cell, clock } = ports;
  try {
    const { batch, message } = await cell.ask('outcome', { order: id });
    const usage = Buffer.from(message).toString('base64url');
    counter.dispatch(id, { type: 'ended', batch, usage, at: clock.now() });
  } catch (error) {
    if (!isFailure(error, 'order/wrong-state', 'order/unknown')) throw error;
    if (isBurned(error)) counter.dispatch(id, { type: 'burned', at: clock.now() });
    else notBegun(id, counter, ports, refusal);
  }
}

/** Whether the cell has at least begun to destroy the key: only its journal knows how that ends. */
function isBurned({ facts }: Failure): boolean {
  return ['intent', 'burned', 'pouring', 'burn-failed'].includes(String(facts['stage']));
}

function notBegun(id: string, counter: Counter, { clock }: PourOrderPorts, refusal: Failure | null): void {
  const problem: Problem | null = refusal === null ? null : problemOf(refusal);
  if (problem === null || isFailure(refusal, ...passing)) {
    counter.dispatch(id, { type: 'not_started', problem: null, recheck: true });
  } else {
    counter.dispatch(id, { type: 'failed', by: 'pour', problem, at: clock.now() });
  }
}
