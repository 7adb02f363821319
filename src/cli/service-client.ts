import { join } from 'node:path';
import type { z } from 'zod';
import { Failure } from '#shared/failure.ts';
import { type FailureCode, failureCodes } from '#shared/failure-codes.ts';
import { connectUnix } from '#shared/node/unix-socket.ts';
import { decodeCbor, encodeCbor } from '#wire/cbor.ts';
import { answerFrame, maxFrameBytes, serviceOperations } from '#wire/cell-api.ts';
import { encodeFrame, FrameReader } from '#wire/framing.ts';
import { demoPlace } from './demo/demo-place.ts';

type ServiceOperation = keyof typeof serviceOperations;
type Answer<O extends ServiceOperation> = z.infer<(typeof serviceOperations)[O]['answer']>;

/** Path of the technician's socket: as systemd sets it up, or of the demonstration below `state`. */
export function serviceSocket(state: string | undefined): string {
  const given = process.env['DECANT_SERVICE_SOCKET'];
  if (given !== undefined && state === undefined) return given;
  const folder = state ?? process.env['DECANT_STATE'] ?? '.decant';
  return join(demoPlace(folder).sockets, 'service', 'service.sock');
}

/** One question to the cell over the technician's socket. @throws Failure `machine/cell-unreachable` */
export async function askCell<O extends ServiceOperation>(
  socket: string,
  operation: O,
  body: z.infer<(typeof serviceOperations)[O]['request']>,
): Promise<Answer<O>> {
  const connection = await connectUnix(socket);
  try {
    const answered = new Promise<Uint8Array>((resolve, reject) => {
      const reader = new FrameReader(maxFrameBytes, resolve);
      connection.onBytes((bytes) => reader.feed(bytes));
      connection.onClose(() => reject(new Failure('machine/cell-unreachable')));
    });
    await connection.send(encodeFrame(encodeCbor({ id: 1, op: operation, body })));
    const answer = answerFrame.parse(decodeCbor(await answered, maxFrameBytes));
    if ('code' in answer) throw new Failure(codeOf(answer.code), answer.facts);
    return serviceOperations[operation].answer.parse(answer.body) as Answer<O>;
  } finally {
    connection.close();
  }
}

function codeOf(text: string): FailureCode {
  return failureCodes.find((code) => code === text) ?? 'message/malformed';
}
