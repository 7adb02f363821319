import { crc32 } from 'node:zlib';
import { hex } from '#shared/entropy.ts';
import { decodeCbor } from '#wire/cbor.ts';

export const journalPath = 'journal/journal.log';
/** The marks of a drink under way; those of one that is over mean nothing. */
export const marksPath = 'journal/pour.log';

/** One entry, read without any of the cell's code. */
export interface Line {
  readonly kind: string;
  readonly kid: string | null;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The whole entries at the beginning of a journal file: u32 length, u32 CRC-32, CBOR [previous head, entry]. */
export function linesOf(file: Uint8Array): Line[] {
  const lines: Line[] = [];
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  for (let at = 0; at + 8 <= file.length; ) {
    const length = view.getUint32(at, true);
    const payload = file.subarray(at + 8, at + 8 + length);
    if (length === 0 || payload.length < length || crc32(payload) !== view.getUint32(at + 4, true)) break;
    const [, fields] = decodeCbor(payload, 1 << 20) as [Uint8Array, Record<string, unknown>];
    const { kind, kid } = fields;
    lines.push({ kind: String(kind), kid: kid instanceof Uint8Array ? hex(kid) : null, fields });
    at += 8 + length;
  }
  return lines;
}

/** The entries of the journal, and behind them the marks of the use that is burned and not over. */
export function allLines(read: (path: string) => Uint8Array): Line[] {
  const lines = linesOf(read(journalPath));
  const uses = usesOf(lines);
  const isOpen = ({ kid }: Line): boolean => kid !== null && uses.get(kid)?.stage === 'BURNED';
  return [...lines, ...linesOf(read(marksPath)).filter(isOpen)];
}

/** Where a use of a licence stands by its entries alone. */
export interface UseEvidence {
  readonly kid: string;
  readonly label: string;
  readonly order: string | null;
  /** Its last entry that moves it on. */
  readonly stage: string;
  readonly started: number;
  readonly done: number;
  readonly claim: Uint8Array | null;
  readonly isBooked: boolean;
  /** How often each kind was written for it. */
  readonly counts: ReadonlyMap<string, number>;
}

const stages = [
  'RESERVED',
  'RELEASED',
  'BURN_INTENT',
  'BURNED',
  'BURN_FAILED',
  'PIECE_STARTED',
  'PIECE_DONE',
  'POURED',
  'SPENT',
  'VOIDED',
];

/** Every use that the journal names, by kid. */
export function usesOf(lines: readonly Line[]): Map<string, UseEvidence> {
  const uses = new Map<string, UseEvidence>();
  const labels = labelsOf(lines);
  for (const line of lines) {
    for (const kid of kidsOf(line)) {
      const before = uses.get(kid) ?? fresh(kid, labels.get(kid) ?? '');
      uses.set(kid, after(before, line));
    }
  }
  return uses;
}

function labelsOf(lines: readonly Line[]): Map<string, string> {
  const made = lines.filter(({ kind }) => kind === 'PREKEYS');
  const keys = made.flatMap(({ fields }) => fields['keys'] as { kid: Uint8Array; label: string }[]);
  return new Map(keys.map(({ kid, label }) => [hex(kid), label]));
}

function kidsOf({ kind, kid, fields }: Line): string[] {
  if (kind === 'PREKEYS') return (fields['keys'] as { kid: Uint8Array }[]).map((key) => hex(key.kid));
  if (kind === 'GRANTED') {
    const replaced = fields['replaces'] as Uint8Array | undefined;
    return [...(fields['kids'] as Uint8Array[]).map(hex), ...(replaced === undefined ? [] : [hex(replaced)])];
  }
  return kid === null ? [] : [kid];
}

const fresh = (kid: string, label: string): UseEvidence => ({
  kid,
  label,
  order: null,
  stage: 'PREKEYS',
  started: 0,
  done: 0,
  claim: null,
  isBooked: false,
  counts: new Map(),
});

function after(use: UseEvidence, { kind, kid, fields }: Line): UseEvidence {
  // a piece that was held and goes on is begun again: that is not another piece
  const name = kind === 'PIECE_STARTED' && fields['piece'] === use.started ? 'PIECE_AGAIN' : kind;
  const counts = new Map(use.counts).set(name, (use.counts.get(name) ?? 0) + 1);
  const next = { ...use, counts };
  if (kind === 'GRANTED') return use.stage === 'PREKEYS' ? { ...next, stage: kind } : { ...next, isBooked: true };
  if (kid === null) return next;
  if (kind === 'CLAIMED') return { ...next, claim: fields['message'] as Uint8Array };
  if (kind === 'OUTCOME_BOOKED') return { ...next, isBooked: true };
  if (!stages.includes(kind)) return next;
  const piece = fields['piece'] as number;
  return {
    ...next,
    stage: kind,
    order: kind === 'RESERVED' ? (fields['order'] as string) : use.order,
    started: kind === 'PIECE_STARTED' ? piece : use.started,
    done: kind === 'PIECE_DONE' ? piece : use.done,
  };
}
