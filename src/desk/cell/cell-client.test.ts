import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { CellEvent } from '#wire/cell-api.ts';
import { encodeCbor } from '#wire/cbor.ts';
import { encodeFrame } from '#wire/framing.ts';
import { ScriptedConnection } from '../testing/scripted-connection.ts';
import { type CellClient, cellClient } from './cell-client.ts';

const order = 'c0ffee00-0000-4000-8000-000000000001';
const percent = { event: 'percent', body: { order, percent: 40 } };

describe('the client of the cell', () => {
  let connection: ScriptedConnection;
  let client: CellClient;
  let events: CellEvent[];
  beforeEach(() => {
    connection = new ScriptedConnection();
    client = cellClient(connection);
    events = [];
    client.onEvent((event) => events.push(event));
  });

  it('matches answers by their number, in whatever order they come', async () => {
    const check = client.ask('check', { order });
    const release = client.ask('release', { order });
    expect(connection.requests).toMatchObject([
      { id: 1, op: 'check' },
      { id: 2, op: 'release' },
    ]);
    connection.say({ id: 2, body: {} });
    connection.say({ id: 1, body: { duration_ms: 900 } });
    expect(await check).toEqual({ duration_ms: 900 });
    expect(await release).toEqual({});
  });

  it('rejects with the code of a refusal and its facts', async () => {
    const check = client.ask('check', { order });
    connection.say({ id: 1, code: 'machine/busy', facts: { order } });
    await expect(check).rejects.toMatchObject({ code: 'machine/busy', facts: { order } });
  });

  it('takes the code of a newer cell for a malformed answer', async () => {
    const check = client.ask('check', { order });
    connection.say({ id: 1, code: 'future/thing', facts: {} });
    await expect(check).rejects.toMatchObject({ code: 'message/malformed' });
  });

  it('refuses an answer in another form than asked for, and goes on', async () => {
    const check = client.ask('check', { order });
    const again = client.ask('check', { order });
    connection.say({ id: 1, body: { duration_ms: 900, dose_ul: 40 } });
    connection.say({ id: 2, body: { duration_ms: 900 } });
    await expect(check).rejects.toMatchObject({ code: 'message/malformed', facts: { operation: 'check' } });
    expect(await again).toEqual({ duration_ms: 900 });
  });

  it('hears events, also in the middle of an answer', () => {
    connection.say(percent);
    expect(events).toEqual([{ event: 'percent', body: { order, percent: 40 } }]);
  });

  it('leaves an answer alone that nobody waits for', async () => {
    connection.say({ id: 7, body: {} });
    connection.say({ id: 7, code: 'machine/busy', facts: {} });
    expect(connection.isClosed).toBe(false);
  });

  it('takes frames in portions of any size', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (sizes) => {
        events.length = 0;
        const bytes = encodeFrame(encodeCbor(percent));
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          connection.sayBytes(bytes.slice(at, at + size));
          at += size;
        }
        expect(events).toHaveLength(1);
      }),
    );
  });

  it('rejects whatever waits, and whatever is asked later, when the connection ends', async () => {
    const waiting = [client.ask('check', { order }), client.ask('status', {})];
    connection.close();
    for (const ask of [...waiting, client.ask('status', {})]) {
      await expect(ask).rejects.toMatchObject({ code: 'machine/cell-unreachable' });
    }
  });

  const hostile: [string, Uint8Array][] = [
    ['a frame longer than allowed', Uint8Array.of(0x7f, 0xff, 0xff, 0xff)],
    ['an empty frame', encodeFrame(new Uint8Array(0))],
    ['no CBOR', encodeFrame(Uint8Array.of(0xff, 0xff))],
    ['two items in a frame', encodeFrame(Uint8Array.of(0xf6, 0xf6))],
    ['neither answer nor event', encodeFrame(encodeCbor({ hello: 1 }))],
    ['an answer with more in it', encodeFrame(encodeCbor({ id: 1, body: {}, key: 'x' }))],
    ['a number below zero', encodeFrame(encodeCbor({ id: -1, body: {} }))],
    ['an unknown event', encodeFrame(encodeCbor({ event: 'amounts', body: {} }))],
    ['an event named like a method', encodeFrame(encodeCbor({ event: 'constructor', body: {} }))],
    ['an event with amounts', encodeFrame(encodeCbor({ ...percent, body: { ...percent.body, dose_ul: 40 } }))],
    ['a percentage above 100', encodeFrame(encodeCbor({ ...percent, body: { order, percent: 101 } }))],
  ];

  it.each(hostile)('ends the connection at %s, and hears nothing after it', async (_what, bytes) => {
    const waiting = client.ask('status', {});
    connection.sayBytes(bytes);
    expect(connection.isClosed).toBe(true);
    connection.say(percent);
    expect(events).toEqual([]);
    await expect(waiting).rejects.toMatchObject({ code: 'machine/cell-unreachable' });
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 8 }), (portions) => {
        const one = new ScriptedConnection();
        cellClient(one);
        for (const portion of portions) one.sayBytes(portion);
        for (const portion of portions) one.sayBytes(encodeFrame(portion));
      }),
    );
  });
});
