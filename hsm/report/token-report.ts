import type { TokenClass } from '../token.ts';

/**
 * What a module is asked to do, in this order. Each is tried, none is believed. What the module must refuse comes late: tpm2-pkcs11 does
 * not destroy a key once it refused to use it.
 */
export const probeNames = [
  'generate-rsa-2048',
  'generate-rsa-3072',
  'generate-p256',
  'session-key-pairs',
  'sign-pss',
  'sign-pkcs1',
  'sign-ecdsa',
  'parallel',
  'destroy',
  'unwrap-oaep-sha1',
  'unwrap-oaep-sha256',
  'unwrapped-unreadable',
  'decrypt-oaep-sha1',
  'open-gcm',
  'gcm-wrong-tag',
  'ends-with-session',
  'unwrap-template',
  'allowed-mechanisms',
  'uses-enforced',
  'unwrap-kwp-210a',
  'unwrap-kwp-210b',
  'unwrapped-private-keeps-uses',
] as const;
export type ProbeName = (typeof probeNames)[number];

/** How long the module took: `count` calls, median and slowest twentieth, ms. */
export interface Latency {
  readonly count: number;
  readonly medianMs: number;
  readonly p95Ms: number;
}

export type ProbeResult =
  | { readonly t: 'yes'; readonly latency: Latency }
  /** `reason`: CKR_… or what was wrong with the answer. */
  | { readonly t: 'no'; readonly reason: string }
  /** What it needs was not there. */
  | { readonly t: 'skipped'; readonly needs: ProbeName };

export type Verdict =
  | { readonly t: 'H' }
  /** `because`: what keeps it from profile H. */
  | { readonly t: 'S'; readonly because: readonly ProbeName[] }
  | { readonly t: 'unusable'; readonly because: readonly ProbeName[] };

/** Where the module does not do what its row in the table of modules says. */
export interface Difference {
  readonly trait: string;
  readonly row: string;
  readonly found: string;
}

/** What a token can really do. */
export interface TokenReport {
  readonly module: { readonly path: string; readonly row: string; readonly tried: boolean; readonly said: string };
  readonly token: { readonly label: string; readonly serial: string; readonly tokenClass: TokenClass };
  readonly probes: Readonly<Record<ProbeName, ProbeResult>>;
  readonly verdict: Verdict;
  /** What the verdict bears, and SECURITY.md says. */
  readonly limits: readonly ProbeName[];
  readonly differences: readonly Difference[];
  /** Objects of the report that could not be taken away again. */
  readonly left: number;
}
