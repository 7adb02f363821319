import { hex } from '#shared/entropy.ts';
import type { CellStatus } from '#wire/cell-api.ts';
import { bad, type Finding, good, skipped, warning } from './finding.ts';
import { type LineState, lineState } from './line-verdict.ts';

const megabyte = 1_000_000;
const littleRoom = 1000 * megabyte;
const noRoom = 100 * megabyte;
const dayMs = 24 * 3600 * 1000;
const soonDays = 30;
const apartMs = 120_000;

/** The running Node against the pinned one; both like `24.21.0`. */
export function judgeNode(version: string, pinned: string): Finding {
  const facts = { version, pinned };
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = pinned.split('.').map(Number);
  if (major < wantedMajor || (major === wantedMajor && minor < wantedMinor)) return bad('node/too-old', facts);
  return version === pinned ? good('node/pinned', facts) : warning('node/other', facts);
}

/** Room left where the machine writes, bytes. */
export function judgeRoom(folder: string, free: number): Finding {
  const facts = { folder, free_mb: Math.floor(free / megabyte) };
  if (free < noRoom) return bad('state/full', facts);
  return free < littleRoom ? warning('state/little-room', facts) : good('state/good', facts);
}

/**
 * This computer's clock against the newest time that the journal holds and, where it answered, the marketplace's clock;
 * milliseconds since 1970; `doubt`: why the cell does not trust the time.
 */
export function judgeClock(
  now: number,
  newest: number | null,
  marketplace: number | null,
  doubt: string | null = null,
): Finding {
  const seconds = (ms: number): number => Math.round(Math.abs(ms) / 1000);
  if (newest !== null && now < newest - apartMs) return bad('clock/behind', { seconds: seconds(newest - now) });
  if (marketplace !== null && Math.abs(now - marketplace) > apartMs) {
    return bad('clock/apart', { seconds: seconds(now - marketplace) });
  }
  if (doubt !== null) return warning('clock/untrusted', { why: doubt });
  if (marketplace === null) return newest === null ? skipped('clock/unknown') : good('clock/alone');
  return good('clock/good', { seconds: seconds(now - marketplace) });
}

/** A certificate that the machine lives by. */
export interface DatedCertificate {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/** The certificate that runs out first. */
export function judgeCertificates(certificates: readonly DatedCertificate[], now: number): Finding {
  const [first] = certificates.toSorted((a, b) => a.expires - b.expires);
  const days = Math.floor(((first?.expires ?? now) - now) / dayMs);
  const facts = { name: first?.name ?? '', days: Math.max(0, days), count: certificates.length };
  if (first === undefined || days < 0) return bad('certificates/expired', facts);
  return days < soonDays ? warning('certificates/soon', facts) : good('certificates/good', facts);
}

/** One-time keys that no licence has taken; without any, no licence can be bought. */
export function judgePrekeys({ free, assigned }: CellStatus['prekeys'], low: number): Finding {
  const facts = { free, assigned };
  if (free === 0) return bad('prekeys/none', facts);
  return free < Math.ceil(low / 2) ? warning('prekeys/few', facts) : good('prekeys/good', facts);
}

export function judgeCell({ state, software, quarantine }: CellStatus): Finding {
  if (state === 'quarantined') {
    const seen = quarantine?.seen ?? null;
    const head = seen === null ? {} : { head: hex(seen.head).slice(0, 16) };
    return bad('cell/quarantined', { reason: quarantine?.reason ?? '', ...head });
  }
  if (state === 'retired') return bad('cell/retired');
  return state === 'fault' ? bad('cell/fault') : good('cell/good', { state, software });
}

/** What stands in a token's place, by class. */
export function judgeToken(
  token: { readonly class: string; readonly label: string; readonly serial: string; readonly module: string },
  allowSoft: boolean,
): Finding {
  const { label, serial, module } = token;
  const facts = { class: token.class, label, serial, module };
  if (token.class !== 'soft') return good('token/good', facts);
  return allowSoft ? warning('token/soft', facts) : bad('token/soft-refused', facts);
}

/** Lines that nothing is sold from, and those that somebody has to look after soon; `now`: as the cell has it. */
export function judgeLines({ lines, time }: Pick<CellStatus, 'lines' | 'time'>): Finding {
  const named = (states: readonly (LineState | null)[]): string =>
    lines
      .filter((line) => states.includes(lineState(line, time.now)))
      .map(({ line }) => line)
      .join(', ');
  const blocked = named(['cleaning', 'calibration']);
  const soon = named(['cleaningSoon', 'calibrationSoon', 'hose', 'hoseNew']);
  if (blocked !== '') return bad('lines/blocked', { lines: blocked });
  return soon === '' ? good('lines/good', { count: lines.length }) : warning('lines/soon', { lines: soon });
}
