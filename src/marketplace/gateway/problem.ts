import { STATUS_CODES } from 'node:http';
import { isFailure } from '#shared/failure.ts';
import type { FailureCode } from '#shared/failure-codes.ts';

/** A refusal as it goes out (RFC 9457); strict schema `problem` of the wire. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
}

const statuses: Partial<Record<FailureCode, number>> = {
  'message/malformed': 400,
  'message/too-large': 413,
  'message/unknown-operation': 404,
  'message/not-authentic': 403,
  'marketplace/not-authorised': 401,
  'marketplace/unknown-machine': 403,
  'marketplace/duplicate': 409,
  'provision/voucher-used': 409,
  'licence/other-machine': 403,
  'marketplace/refused': 409,
  'marketplace/too-many-requests': 429,
  'machine/quarantined': 403,
  'machine/revoked': 403,
  'machine/retired': 403,
  'licence/forked': 409,
  'machine/profile-too-low': 403,
  'payment/balance-low': 402,
  'offer/unknown': 404,
  'offer/expired': 410,
  'licence/none': 404,
  'licence/gap': 409,
  'licence/spent': 409,
  'licence/key-assigned': 409,
  'licence/key-unknown': 409,
  'licence/prekeys-missing': 409,
  'recipe/unknown': 404,
  'recipe/revoked': 410,
  'recipe/malformed': 422,
  'recipe/not-authentic': 422,
  'recipe/wrong-class': 422,
  'recipe/epoch-not-held': 422,
  'recipe/digest-mismatch': 422,
  'token/unwrap-refused': 422,
};

/**
 * What is told of an error: the stable code, for which everyone has sentences of their own, and nothing from inside.
 * Whatever is not a refusal of ours becomes `message/unavailable`.
 */
export function problemOf(error: unknown): Problem {
  const code = codeOf(error);
  const status = statuses[code] ?? 503;
  const told = statuses[code] === undefined ? 'message/unavailable' : code;
  return {
    type: `urn:decant:problem:${told}`,
    title: STATUS_CODES[status] ?? 'Refused',
    status,
    code: told,
  };
}

function codeOf(error: unknown): FailureCode {
  if (isFailure(error)) return error.code;
  const status = (error as { statusCode?: unknown }).statusCode;
  if (status === 413) return 'message/too-large';
  if (status === 404) return 'message/unknown-operation';
  return typeof status === 'number' && status >= 400 && status < 500 ? 'message/malformed' : 'message/unavailable';
}
