import type { parseArgs } from 'node:util';
import { Failure } from '#shared/failure.ts';
import type { MachineClaims } from '#wire/certificate-chain.ts';
import { machineId } from '#wire/fields.ts';
import { required, wordOption } from '../console/options.ts';
import { namedTokenOptions } from '../provisioning/hardware-token.ts';

/** Options of `decant maker`. */
export const makerOptions = {
  state: { type: 'string' },
  class: { type: 'string' },
  epoch: { type: 'string' },
  machine: { type: 'string' },
  token: { type: 'string' },
  profile: { type: 'string' },
  replace: { type: 'boolean', default: false },
  name: { type: 'string' },
  'release-version': { type: 'string' },
  root: { type: 'string' },
  fingerprint: { type: 'string' },
  manifest: { type: 'string' },
  'new-root': { type: 'boolean', default: false },
  anchor: { type: 'string', multiple: true, default: [] as string[] },
  'machine-ca': { type: 'string', multiple: true, default: [] as string[] },
  version: { type: 'string' },
  in: { type: 'string' },
  out: { type: 'string' },
  ...namedTokenOptions,
  json: { type: 'boolean', default: false },
} as const;

export type MakerValues = ReturnType<typeof parseArgs<{ options: typeof makerOptions }>>['values'];

/** The name of a class of machines. @throws Failure `usage/option-missing`, `usage/option-wrong` */
export function classOption(values: MakerValues): string {
  const name = required(values.class, '--class');
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(name)) {
    throw new Failure('usage/option-wrong', { option: '--class', value: name });
  }
  return name;
}

/** @throws Failure `usage/option-missing`, `usage/option-wrong` */
export function machineOption(values: MakerValues): string {
  const machine = required(values.machine, '--machine');
  if (!machineId.safeParse(machine).success) {
    throw new Failure('usage/option-wrong', { option: '--machine', value: machine });
  }
  return machine;
}

/** What the maker found out about a machine's token, both or none of it. */
export function claimsOption(values: MakerValues): MachineClaims | null {
  if (values.token === undefined && values.profile === undefined) return null;
  return {
    tokenClass: wordOption(required(values.token, '--token'), '--token', ['soft', 'tpm', 'hsm']),
    profile: wordOption(required(values.profile, '--profile'), '--profile', ['H', 'S']),
  };
}
