import { z } from 'zod';
import type { Clock } from '#shared/clock.ts';
import type { Disk, DiskFile } from '#shared/disk.ts';
import { hex } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { sha256 } from '#wire/signed-message.ts';
import { advance, type Progress, type ProvisionEvent, sequences } from './sequence.ts';

/**
 * The audit record of provisioning: text, one JSON object a line, appended and fsynced before and after each step. `previous` is
 * the SHA-256 of the line before without its newline (64 zeros for the first), so that anybody checks it with `sha256sum`.
 * Nothing in it is secret.
 */
export const auditPath = 'provisioning/audit.log';

const step = z.enum([...new Set(Object.values(sequences).flat())]);
const digestText = z.string().regex(/^[0-9a-f]{64}$/);
const text = z.string().max(200);

const lineSchema = z.strictObject({
  entry: z.int().min(1),
  previous: digestText,
  /** Milliseconds since 1970, by the clock of the machine. */
  at: z.int().min(0),
  /** The person at the console. */
  who: z.string().max(64),
  event: z.discriminatedUnion('t', [
    z.strictObject({ t: z.literal('opened'), sequence: z.enum(['machine', 'epoch']) }),
    z.strictObject({ t: z.literal('begun'), step }),
    z.strictObject({ t: z.literal('done'), step }),
    z.strictObject({ t: z.literal('failed'), step }),
    z.strictObject({ t: z.literal('undone'), step }),
    z.strictObject({ t: z.literal('noted'), what: z.literal('anchors') }),
  ]),
  /** SHA-256 of what the step took (begun) or made (done). */
  digest: digestText.nullable(),
  facts: z.record(z.string().max(32), z.union([text, z.int(), z.boolean()])),
});

/** One line of the record. */
export type AuditLine = z.infer<typeof lineSchema>;
export type AuditFacts = AuditLine['facts'];

/** What goes with an event. */
export interface AuditNote {
  readonly digest?: Uint8Array | null;
  readonly facts?: AuditFacts;
}

const noLine = '0'.repeat(64);
const maxBytes = 4 * 1024 * 1024;

/** The record, open for appending, and what it adds up to. */
export class Audit implements AsyncDisposable {
  readonly #file: DiskFile;
  readonly #ports: { readonly clock: Clock; readonly who: string };
  readonly #lines: AuditLine[];
  #end: number;
  #last: string;
  #progress: Progress | null;

  private constructor(file: DiskFile, ports: { readonly clock: Clock; readonly who: string }, read: ReadAudit) {
    this.#file = file;
    this.#ports = ports;
    this.#lines = [...read.lines];
    this.#end = read.end;
    this.#last = read.last;
    this.#progress = read.progress;
  }

  /**
   * Opens the record below `disk`, making it when absent; a torn last line is cut off.
   * @throws Failure `provision/audit-broken`, `disk/failed`
   */
  static async open(disk: Disk, ports: { readonly clock: Clock; readonly who: string }): Promise<Audit> {
    await using stack = new AsyncDisposableStack();
    const file = stack.use(await disk.open(auditPath));
    const bytes = new Uint8Array(Math.min(await file.size(), maxBytes));
    await file.readAt(0, bytes);
    const read = readAudit(bytes);
    if (read.end < bytes.length) {
      await file.truncate(read.end);
      await file.sync();
    }
    stack.move();
    return new Audit(file, ports, read);
  }

  /** Null before anything was begun. */
  get progress(): Progress | null {
    return this.#progress;
  }

  get lines(): readonly AuditLine[] {
    return this.#lines;
  }

  /** The facts of the last line that says `t` of `step`. */
  factsOf(t: 'begun' | 'done', of: AuditStep): AuditFacts | null {
    return this.#lines.findLast(({ event }) => event.t === t && event.step === of)?.facts ?? null;
  }

  /** Writes one line and counts it; it is on the medium when this answers. */
  async append(event: ProvisionEvent, { digest = null, facts = {} }: AuditNote = {}): Promise<void> {
    const progress = advance(this.#progress, event);
    const line = lineSchema.parse({
      entry: this.#lines.length + 1,
      previous: this.#last,
      at: this.#ports.clock.now(),
      who: this.#ports.who,
      event,
      digest: digest === null ? null : hex(digest),
      facts,
    });
    const written = Buffer.from(JSON.stringify(line));
    await this.#file.writeAt(this.#end, Buffer.concat([written, newline]));
    await this.#file.sync();
    this.#end += written.length + 1;
    this.#last = hex(sha256(written));
    this.#lines.push(line);
    this.#progress = progress;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.#file[Symbol.asyncDispose]());
  }
}

export type AuditStep = z.infer<typeof step>;

const newline = Buffer.of(0x0a);

/** What a record holds. */
export interface ReadAudit {
  readonly lines: readonly AuditLine[];
  /** Bytes of whole lines; what follows was cut off while it was written. */
  readonly end: number;
  /** SHA-256 of the last line, hex. */
  readonly last: string;
  readonly progress: Progress | null;
}

/** The record below `disk`, looked at and not changed. @throws Failure `provision/audit-broken`, `disk/failed` */
export async function auditOf(disk: Pick<Disk, 'read'>): Promise<ReadAudit> {
  return readAudit((await disk.read(auditPath)) ?? new Uint8Array(0));
}

/** Reads a record and proves its chain. @throws Failure `provision/audit-broken` {entry} */
export function readAudit(bytes: Uint8Array): ReadAudit {
  const lines: AuditLine[] = [];
  let progress: Progress | null = null;
  let last = noLine;
  let end = 0;
  for (let next = bytes.indexOf(0x0a, end); next !== -1; next = bytes.indexOf(0x0a, end)) {
    const written = bytes.subarray(end, next);
    const line = parsed(written);
    if (line?.previous !== last || line.entry !== lines.length + 1) {
      throw new Failure('provision/audit-broken', { entry: lines.length + 1 });
    }
    progress = advance(progress, line.event);
    lines.push(line);
    last = hex(sha256(written));
    end = next + 1;
  }
  return { lines, end, last, progress };
}

function parsed(bytes: Uint8Array): AuditLine | null {
  try {
    return lineSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch {
    return null;
  }
}
