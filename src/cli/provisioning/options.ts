import { join } from 'node:path';
import type { parseArgs } from 'node:util';
import type { ProvisionPorts } from '#cell/provisioning/run.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemDisk } from '#shared/node/system-disk.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { machinePlace } from '../machine-place.ts';
import { namedTokenOptions, openNamedToken } from './hardware-token.ts';
import { LazyToken, softMachineToken } from './machine-token.ts';

/** Options of `decant provision`. */
export const provisionOptions = {
  'machine-folder': { type: 'string' },
  state: { type: 'string' },
  plan: { type: 'string' },
  stick: { type: 'string' },
  in: { type: 'string' },
  out: { type: 'string' },
  who: { type: 'string' },
  again: { type: 'boolean', default: false },
  est: { type: 'string' },
  ca: { type: 'string' },
  voucher: { type: 'string' },
  status: { type: 'boolean', default: false },
  verify: { type: 'boolean', default: false },
  ...namedTokenOptions,
  json: { type: 'boolean', default: false },
} as const;

export type ProvisionValues = ReturnType<typeof parseArgs<{ options: typeof provisionOptions }>>['values'];

/** One machine as the console finds it. */
export interface MachineBench extends Disposable {
  readonly ports: ProvisionPorts;
  /** The technician's socket, where the cell answers when it runs. */
  readonly serviceSocket: string;
  /** Folder of the soft token with its PINs; null for a token that was named. */
  readonly softToken: string | null;
}

/** The machine in `--machine-folder`, or of `--state` and its usual places. Nothing is opened before it is needed. */
export function machineBench(values: ProvisionValues): MachineBench {
  const place = placeOf(values);
  const named = values.module !== undefined || values['token-label'] !== undefined || place.softToken === null;
  const softToken = named ? null : place.softToken;
  const token = softToken === null ? namedToken(values) : softMachineToken(softToken);
  return {
    ports: {
      openToken: token.get,
      disk: systemDisk(place.cell),
      clock: systemClock,
      entropy: systemEntropy,
      who: whoOf(values),
    },
    serviceSocket: place.serviceSocket,
    softToken,
    [Symbol.dispose]: () => token[Symbol.dispose](),
  };
}

function placeOf(values: ProvisionValues) {
  const folder = values['machine-folder'];
  const place = machinePlace(values.state);
  if (folder === undefined) return place;
  return { ...place, cell: join(folder, 'cell'), softToken: join(folder, 'token') };
}

function namedToken(values: ProvisionValues): LazyToken {
  return new LazyToken(() =>
    openNamedToken({
      module: values.module,
      label: values['token-label'] ?? 'machine',
      pinFile: values['pin-file'],
      soPinFile: values['so-pin-file'],
      softTokens: values['soft-tokens'],
    }),
  );
}

const longestName = 64;

/** The person at the console, for the audit record. */
export function whoOf({ who }: Pick<ProvisionValues, 'who'>): string {
  const { SUDO_USER, USER } = process.env;
  return (who ?? SUDO_USER ?? USER ?? `uid ${process.getuid?.() ?? 'unknown'}`).slice(0, longestName);
}
