import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { encodeCbor } from '#wire/cbor.ts';
import { maxFrameBytes } from '#wire/cell-api.ts';
import { encodeFrame } from '#wire/framing.ts';
import { MachineOnPaper } from './support/machine-on-paper.ts';

describe('whoever has desk’s socket and says what no desk says', () => {
  let machine: MachineOnPaper;
  let entries: number;

  beforeAll(async () => {
    machine = await MachineOnPaper.start();
    entries = (await machine.journal()).length;
  });
  afterAll(() => machine[Symbol.asyncDispose]());

  /** Sends the bytes; resolves when the cell has hung up. */
  const hungUpOn = async (bytes: Uint8Array): Promise<void> => {
    const socket = connect(join(machine.place.sockets, 'cell', 'cell.sock'));
    socket.on('error', () => {});
    const closed = once(socket, 'close');
    socket.write(bytes);
    socket.resume();
    await closed;
  };

  test('is hung up on for what is no frame, no CBOR, no request, or too large', async () => {
    const tooLong = new Uint8Array(4);
    new DataView(tooLong.buffer).setUint32(0, maxFrameBytes + 1);
    await hungUpOn(tooLong);
    await hungUpOn(encodeFrame(new Uint8Array([0xff, 0x00, 0x13])));
    await hungUpOn(encodeFrame(encodeCbor('status')));
    await hungUpOn(encodeFrame(encodeCbor({ id: 1, op: 'status', body: {}, more: true })));
    await hungUpOn(encodeFrame(systemEntropy.bytes(512)));
  });

  test('is refused with a stable code for unknown operations, missing, wrong and additional fields', async () => {
    await expect(askAnything(machine, 'pin', {})).rejects.toMatchObject({ code: 'message/unknown-operation' });
    await expect(askAnything(machine, 'stock_set', { line: 1, stock_ul: 1, who: 'desk' })).rejects.toMatchObject({
      code: 'message/unknown-operation',
    });
    for (const [op, body] of [
      ['status', { verbose: true }],
      ['start', {}],
      ['start', { order: 'not-a-uuid' }],
      ['licence', { message: 'text' }],
      ['spool_begin', { size: -1 }],
      ['offer_nonce', { recipe: new Uint8Array(15), version: 1 }],
    ] as const) {
      await expect(askAnything(machine, op, body), op).rejects.toMatchObject({ code: 'message/malformed' });
    }
  });

  test('has changed nothing: the cell answers others, and nothing was written down', async () => {
    expect((await machine.cell.ask('status', {})).state).toBe('idle');
    expect(await machine.journal()).toHaveLength(entries);
  });
});

/** Asks without the types that keep a desk from asking such things. */
function askAnything({ cell }: MachineOnPaper, op: string, body: object): Promise<unknown> {
  return (cell.ask as (operation: string, body: object) => Promise<unknown>)(op, body);
}
