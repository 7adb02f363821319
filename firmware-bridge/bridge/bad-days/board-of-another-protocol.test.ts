import { describe, expect, it } from 'vitest';
import { FrameReader, FrameWriter } from '#firmware-bridge/bridge/frame.ts';
import { answerBit, request } from '#firmware-bridge/bridge/messages.ts';
import type { OpenPort } from '#firmware-bridge/bridge/serial-port.ts';
import { openBenchBridge } from '#tests/support/bridge-bench.ts';
import { FakePort } from '#tests/support/fake-port.ts';

type Answer = (writer: FrameWriter, seq: number) => Uint8Array;

/** A port whose board answers every HELLO so. */
function board(answer: Answer): { readonly port: FakePort; readonly open: OpenPort } {
  const port = new FakePort();
  const reader = new FrameReader();
  const write = port.write.bind(port);
  port.write = async (bytes) => {
    await write(bytes);
    reader.push(bytes, ({ type, seq }) => {
      if (type === request.hello) void port.deliver(answer(new FrameWriter(), seq));
    });
  };
  return { port, open: async () => port };
}

const hello =
  (protocol: number, ...firmware: readonly [number, number, number]): Answer =>
  (writer, seq) => {
    writer.begin(request.hello | answerBit, seq).u8(protocol);
    for (const part of firmware) writer.u8(part);
    return writer.u32(16_000).u8(12).u8(64).u16(0).u8(1).u32(0).u32(0).end();
  };

describe('a board that cannot be talked to', () => {
  it.each<[string, Answer, string]>([
    ['refuses our protocol', (writer, seq) => writer.begin(0x7f, seq).u8(15).u8(2).end(), ''],
    ['speaks another one', hello(2, 1, 0, 0), 'found=1.0.0, protocol 2, needed=0.1, protocol 1'],
    ['has older firmware', hello(1, 0, 0, 9), 'found=0.0.9, protocol 1, needed=0.1, protocol 1'],
  ])('because it %s is refused at the start, and its port given back', async (_, answer, facts) => {
    const { port, open } = board(answer);
    await expect(openBenchBridge('/dev/board', { openPort: open })).rejects.toThrow(
      facts === '' ? 'dispenser/firmware-too-old' : `dispenser/firmware-too-old (${facts})`,
    );
    expect(port.isClosed).toBe(true);
  });

  it('because its answer is none is refused with a failure', async () => {
    const { port, open } = board((writer, seq) => writer.begin(request.hello | answerBit, seq).end());
    await expect(openBenchBridge('/dev/board', { openPort: open })).rejects.toThrow('dispenser/failed');
    expect(port.isClosed).toBe(true);
  });
});
