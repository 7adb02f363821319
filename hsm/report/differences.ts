import type { ModuleQuirks } from '../module-quirks.ts';
import type { KeyShape } from './key-shape.ts';
import type { Difference, ProbeName, ProbeResult, Verdict } from './token-report.ts';

/** What was found out about a module, in the words of its row. */
export interface Found {
  readonly shape: KeyShape;
  readonly probes: Readonly<Record<ProbeName, ProbeResult>>;
  readonly verdict: Verdict;
}

/** Compares a module's row with what it did; what could not be tried is not compared. */
export function differences(row: ModuleQuirks, { shape, probes, verdict }: Found): Difference[] {
  const did = (name: ProbeName): boolean | null => (probes[name].t === 'skipped' ? null : probes[name].t === 'yes');
  const shaped = probes['generate-rsa-2048'].t === 'yes';
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['profile', row.refused === null ? row.profile : 'unusable', verdict.t],
    ['sessionKeyPairs', row.sessionKeyPairs, did('session-key-pairs')],
    ['unwrapTemplate', row.unwrapTemplate, did('unwrap-template')],
    ['allowedMechanisms', row.allowedMechanisms, did('allowed-mechanisms')],
    ['keyWrapPadded', row.keyWrapPadded.toString(16), keyWrapNumber(row, did)],
    ['unknownAttributes', hex(row.unknownAttributes), shaped ? hex(shape.unknownAttributes) : null],
    ['publicUses', row.publicUses, shaped ? shape.publicUses : null],
    ['rsaPublicInSession', row.rsaPublicInSession, shaped ? shape.rsaPublicInSession : null],
  ];
  return pairs
    .filter(([, said, found]) => found !== null && said !== found)
    .map(([trait, said, found]) => ({ trait, row: String(said), found: String(found) }));
}

/** The number that works; the row's own where both do, or neither could be tried. */
function keyWrapNumber(row: ModuleQuirks, did: (name: ProbeName) => boolean | null): string | null {
  const working = [0x210a, 0x210b].filter((number) => did(`unwrap-kwp-${number.toString(16)}` as ProbeName) === true);
  if (working.length === 0) return null;
  return (working.includes(row.keyWrapPadded) ? row.keyWrapPadded : (working[0] ?? 0)).toString(16);
}

const hex = (attributes: readonly number[]): string => attributes.map((one) => `0x${one.toString(16)}`).join(' ');
