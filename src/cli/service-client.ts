import type { z } from 'zod';
import { Failure } from '#shared/failure.ts';
import { knownFailureCode } from '#shared/failure-codes.ts';
import { connectUnix } from '#shared/node/unix-socket.ts';
import { decodeCbor, encodeCbor } from '#wire/cbor.ts';
import { answerFrame, maxFrameBytes, serviceOperations } from '#wire/cell-api.ts';
import { encodeFrame, FrameReader } from '#wire/framing.ts';

type ServiceOperation = keyof typeof serviceOperations;
type Answer<O extends ServiceOperation> = z.infer<(typeof serviceOperations)[O]['answer']>;

const patienceMs = 5_000;

/**
 * One question to the cell over the technician's socket.
 * @throws Failure `machine/cell-unreachable`, `message/timed-out`
 */
export async function askCell<O extends ServiceOperation>(
  socket: string,
  operation: O,
  body: z.infer<(typeof serviceOperations)[O]['request']>,
  patience = patienceMs,
): Promise<Answer<O>> {
  return (await askSocket(socket, operation, body, serviceOperations[operation].answer, patience)) as Answer<O>;
}

/**
 * One question over a Unix socket that speaks as the cell's do; the answer as `schema` says.
 * @throws Failure `machine/cell-unreachable` when nobody listens, `message/timed-out`, and what is answered
 */
export async function askSocket(
  socket: string,
  operation: string,
  body: object,
  schema: z.ZodType,
  patience = patienceMs,
): Promise<unknown> {
  const connection = await connectUnix(socket);
  let timer: NodeJS.Timeout | undefined;
  try {
    const answered = new Promise<Uint8Array>((resolve, reject) => {
      const reader = new FrameReader(maxFrameBytes, resolve);
      connection.onBytes((bytes) => reader.feed(bytes));
      connection.onClose(() => reject(new Failure('machine/cell-unreachable')));
      timer = setTimeout(() => reject(new Failure('message/timed-out')), patience);
    });
    await connection.send(encodeFrame(encodeCbor({ id: 1, op: operation, body })));
    const answer = answerFrame.parse(decodeCbor(await answered, maxFrameBytes));
    if ('code' in answer) throw new Failure(knownFailureCode(answer.code) ?? 'message/malformed', answer.facts);
    return schema.parse(answer.body);
  } finally {
    clearTimeout(timer);
    connection.close();
  }
}
