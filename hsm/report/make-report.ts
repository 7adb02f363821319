import type { Entropy } from '#shared/entropy.ts';
import { type Cryptoki, initialiseAgain } from '../cryptoki.ts';
import { Login } from '../login.ts';
import { isTried } from '../module-quirks.ts';
import { findCard, type TokenCard } from '../token-card.ts';
import { contentKeyProbes } from './content-key-probes.ts';
import { differences } from './differences.ts';
import { enforcementProbes } from './enforcement-probes.ts';
import type { KeyShape } from './key-shape.ts';
import { type Probe, runProbe } from './probe.ts';
import { ProbeBench } from './probe-bench.ts';
import { signingProbes } from './signing-probes.ts';
import { TemporaryKeys } from './temporary-keys.ts';
import { type ProbeName, type ProbeResult, probeNames, type TokenReport } from './token-report.ts';
import { judge, limitsOf } from './verdict.ts';

const probes: Readonly<Record<ProbeName, Probe>> = { ...signingProbes, ...contentKeyProbes, ...enforcementProbes };

export interface ReportInput {
  readonly cryptoki: Cryptoki;
  readonly card: TokenCard;
  /** Tried once; the caller wipes it when the report is there. */
  readonly pin: Uint8Array;
  readonly entropy: Entropy;
  /** Answers ms from any beginning. */
  readonly clock: () => number;
}

/**
 * Finds out what a token can do by letting it do it, under a log-in of its own. It makes keys under one label and takes them away
 * again, also those that an earlier report left.
 * @throws Failure `token/wrong-pin`, `token/pin-locked`, `token/failed` when somebody is logged in already
 */
export async function makeReport(input: ReportInput): Promise<TokenReport> {
  const { cryptoki, card } = input;
  const { results, shape, left } = await tried(input);
  const verdict = judge(results);
  const { manufacturerID, libraryDescription, libraryVersion } = cryptoki.api.C_GetInfo();
  const version = `${libraryVersion.major}.${libraryVersion.minor}`;
  return {
    module: {
      path: cryptoki.path,
      row: cryptoki.quirks.name,
      tried: isTried(cryptoki.quirks),
      said: [manufacturerID, libraryDescription, version].map((text) => text.replaceAll('\0', '').trim()).join(', '),
    },
    token: { label: card.label, serial: card.serial, tokenClass: cryptoki.quirks.tokenClass },
    probes: results,
    verdict,
    limits: verdict.t === 'unusable' ? [] : limitsOf(results),
    differences: differences(cryptoki.quirks, { shape, probes: results, verdict }),
    left,
  };
}

interface Tried {
  readonly results: Readonly<Record<ProbeName, ProbeResult>>;
  readonly shape: KeyShape;
  readonly left: number;
}

async function tried(input: ReportInput): Promise<Tried> {
  const { cryptoki, card, pin, entropy, clock } = input;
  const results: Partial<Record<ProbeName, ProbeResult>> = {};
  using login = new Login(cryptoki, card, pin, { entropy, objectFolder: null });
  const sweep = (): number => new TemporaryKeys(login, login.session).sweep();
  sweep();
  const bench = new ProbeBench(login);
  let left = 0;
  try {
    for (const name of probeNames) {
      const { needs } = probes[name];
      const lacking = needs.find((need) => results[need]?.t !== 'yes');
      results[name] =
        lacking === undefined ? await runProbe(probes[name], bench, clock) : { t: 'skipped', needs: lacking };
    }
  } finally {
    bench[Symbol.dispose]();
    left = sweep();
  }
  login[Symbol.dispose]();
  if (left > 0) left = sweepAgain(input);
  return { results: results as Record<ProbeName, ProbeResult>, shape: bench.shape, left };
}

/**
 * tpm2-pkcs11 keeps a key in use for which it refused an operation, and does not destroy it until it is initialised anew. The PIN
 * was right a moment ago.
 */
function sweepAgain({ cryptoki, card, pin, entropy }: ReportInput): number {
  initialiseAgain(cryptoki);
  // SoftHSM numbers its slots anew
  const again = findCard(cryptoki, card.label);
  using login = new Login(cryptoki, again, pin, { entropy, objectFolder: null });
  return new TemporaryKeys(login, login.session).sweep();
}
