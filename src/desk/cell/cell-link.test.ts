import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Connection } from '#shared/connection.ts';
import { Failure } from '#shared/failure.ts';
import { silentLog } from '#shared/log.ts';
import { SteppedClock } from '#tests/support/stepped-clock.ts';
import { ScriptedConnection } from '../testing/scripted-connection.ts';
import { CellLink } from './cell-link.ts';

const order = 'c0ffee00-0000-4000-8000-000000000001';

describe('the link to the cell', () => {
  let clock: SteppedClock;
  let connections: ScriptedConnection[];
  let isThere: boolean;
  let link: CellLink;
  let states: boolean[];
  beforeEach(async () => {
    clock = new SteppedClock();
    connections = [];
    isThere = true;
    states = [];
    const connect = async (): Promise<Connection> => {
      if (!isThere) throw new Failure('machine/cell-unreachable');
      const connection = new ScriptedConnection();
      connections.push(connection);
      return connection;
    };
    link = new CellLink({ connect, clock, log: silentLog });
    link.onState((up) => states.push(up));
    await clock.advance(0);
  });
  afterEach(() => link[Symbol.asyncDispose]());

  const last = (): ScriptedConnection => connections.at(-1) ?? new ScriptedConnection();

  it('asks over the connection that is there', async () => {
    expect([link.up, states]).toEqual([true, [true]]);
    const check = link.ask('check', { order });
    await clock.advance(0);
    last().say({ id: 1, body: { duration_ms: 900 } });
    expect(await check).toEqual({ duration_ms: 900 });
  });

  it('connects again after a loss, and tells both', async () => {
    const lost = link.ask('check', { order });
    last().close();
    await expect(lost).rejects.toMatchObject({ code: 'machine/cell-unreachable' });
    await clock.advance(0);
    expect([link.up, states]).toEqual([false, [true, false]]);
    await expect(link.ask('status', {})).rejects.toMatchObject({ code: 'machine/cell-unreachable' });
    await clock.advance(500);
    expect([link.up, connections.length]).toEqual([true, 2]);
  });

  it('tries each half second while there is no cell', async () => {
    isThere = false;
    last().close();
    await clock.advance(60_000);
    expect(link.up).toBe(false);
    isThere = true;
    await clock.advance(500);
    expect([link.up, states]).toEqual([true, [true, false, true]]);
  });

  it('begins anew after nonsense', async () => {
    last().sayBytes(Uint8Array.of(0xff, 0xff, 0xff, 0xff));
    await clock.advance(500);
    expect([link.up, connections.length]).toEqual([true, 2]);
  });

  it('takes a cell for lost that leaves a question unanswered for a minute', async () => {
    const answered = link.ask('status', {});
    const unanswered = link.ask('check', { order });
    await clock.advance(0);
    last().say({ id: 1, code: 'machine/busy', facts: {} });
    await expect(answered).rejects.toMatchObject({ code: 'machine/busy' });
    unanswered.catch(() => undefined);
    await clock.advance(59_999);
    expect(connections).toHaveLength(1);
    await clock.advance(1000);
    await expect(unanswered).rejects.toMatchObject({ code: 'machine/cell-unreachable' });
    expect(connections).toHaveLength(2);
  });

  it('hears events of every connection', async () => {
    const heard: number[] = [];
    link.onEvent((event) => event.event === 'percent' && heard.push(event.body.percent));
    last().say({ event: 'percent', body: { order, percent: 1 } });
    last().close();
    await clock.advance(500);
    last().say({ event: 'percent', body: { order, percent: 2 } });
    expect(heard).toEqual([1, 2]);
  });
});
