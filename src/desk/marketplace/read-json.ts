import type { z } from 'zod';
import { Failure } from '#shared/failure.ts';

/** The JSON of an answer, in the form that is expected. @throws Failure `message/malformed` */
export function readJson<S extends z.ZodType>(schema: S, body: Uint8Array): z.output<S> {
  const read = schema.safeParse(plain(body));
  if (!read.success) throw new Failure('message/malformed', { field: read.error.issues[0]?.path.join('.') ?? '' });
  return read.data;
}

function plain(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch (error) {
    throw new Failure('message/malformed', { reason: 'not JSON' }, error);
  }
}
