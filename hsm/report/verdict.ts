import type { ProbeName, ProbeResult, Verdict } from './token-report.ts';

/** Without these a token is of no use to a machine, whichever profile it has. */
const always: readonly ProbeName[] = [
  'generate-rsa-2048',
  'sign-pss',
  'sign-pkcs1',
  'uses-enforced',
  'destroy',
  'parallel',
];
/** Content keys never leave the token. */
const profileH: readonly ProbeName[] = [
  'unwrap-oaep-sha1',
  'unwrapped-unreadable',
  'open-gcm',
  'gcm-wrong-tag',
  'ends-with-session',
];
const profileS: readonly ProbeName[] = ['decrypt-oaep-sha1'];

/** What a token of either profile may lack, at a price. */
const bearable: readonly ProbeName[] = [
  'generate-rsa-3072',
  'sign-ecdsa',
  'unwrap-template',
  'allowed-mechanisms',
  'unwrapped-private-keeps-uses',
];

type Results = Readonly<Record<ProbeName, ProbeResult>>;

/** Profile H, S or unusable, and because of what. */
export function judge(results: Results): Verdict {
  const missing = (names: readonly ProbeName[]): ProbeName[] => names.filter((name) => results[name].t !== 'yes');
  // a module whose keys can be read although they are sensitive keeps no other promise either
  const readable: ProbeName[] = results['unwrapped-unreadable'].t === 'no' ? ['unwrapped-unreadable'] : [];
  const lacking = [...readable, ...missing(always)];
  if (lacking.length > 0) return { t: 'unusable', because: lacking };
  const fromH = missing(profileH);
  if (fromH.length === 0) return { t: 'H' };
  const fromS = missing(profileS);
  return fromS.length === 0 ? { t: 'S', because: fromH } : { t: 'unusable', because: [...fromH, ...fromS] };
}

/** What the module lacks that the verdict bears. */
export function limitsOf(results: Results): ProbeName[] {
  return bearable.filter((name) => results[name].t !== 'yes');
}
