import { loadCryptoki } from '#hsm/cryptoki.ts';
import { makeReport } from '#hsm/report/make-report.ts';
import type { ProbeName, TokenReport } from '#hsm/report/token-report.ts';
import { findCard } from '#hsm/token-card.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { testPin } from '../../support/soft-token.ts';

/** The report on a token of this process. */
export function reportOn(module: string, label: string): Promise<TokenReport> {
  const cryptoki = loadCryptoki(module);
  const card = findCard(cryptoki, label);
  const clock = (): number => performance.now();
  return makeReport({ cryptoki, card, pin: testPin, entropy: systemEntropy, clock });
}

/** What the token was asked to do and did. */
export function able(report: TokenReport): ProbeName[] {
  return (Object.keys(report.probes) as ProbeName[]).filter((name) => report.probes[name].t === 'yes');
}

/** What it refused or did wrongly, with the reason. */
export function unable(report: TokenReport): Partial<Record<ProbeName, string>> {
  const refused = Object.entries(report.probes).flatMap(([name, result]) =>
    result.t === 'no' ? [[name, result.reason] as const] : [],
  );
  return Object.fromEntries(refused);
}
