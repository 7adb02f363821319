import type { Connection } from '#shared/connection.ts';
import { decodeCbor } from '#wire/cbor.ts';
import { maxFrameBytes } from '#wire/cell-api.ts';
import { FrameReader } from '#wire/framing.ts';
import type { Sink, Tape } from './tape.ts';

/** Both ends of a connection in this process; every frame that passes is on the tape, with its length. */
export function recordedConnection(tape: Tape, sink: Sink): { readonly cell: Connection; readonly client: Connection } {
  const asked = recorded(tape, sink, 'asked');
  const told = recorded(tape, sink, 'told');
  return { cell: endOf(asked, told), client: endOf(told, asked) };
}

interface Pipe {
  readonly listeners: ((bytes: Uint8Array) => void)[];
  readonly ends: (() => void)[];
  readonly reader: FrameReader;
  isClosed: boolean;
}

function recorded(tape: Tape, sink: Sink, way: string): Pipe {
  const reader = new FrameReader(maxFrameBytes, (frame) => {
    tape.put(sink, { way, length: frame.length, frame: decodeCbor(frame, maxFrameBytes) });
  });
  return { listeners: [], ends: [], reader, isClosed: false };
}

function endOf(heard: Pipe, said: Pipe): Connection {
  const close = (): void => {
    for (const pipe of [heard, said]) {
      if (pipe.isClosed) continue;
      pipe.isClosed = true;
      for (const end of pipe.ends) end();
    }
  };
  return {
    async send(bytes) {
      said.reader.feed(bytes);
      for (const listener of said.listeners) listener(bytes);
    },
    onBytes: (listener) => heard.listeners.push(listener),
    onClose: (listener) => heard.ends.push(listener),
    close,
  };
}
