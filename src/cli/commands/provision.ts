import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import {
  checkCertificate,
  finishProvisioning,
  type ProvisionPlan,
  requestClassKey,
  requestIdentity,
} from '#cell/provision.ts';
import { ownSoftToken } from '#hsm/own-soft-token.ts';
import { Failure } from '#shared/failure.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemDisk } from '#shared/node/system-disk.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { decodeCbor, encodeCbor } from '#wire/cbor.ts';
import { bytesUpTo, machineId } from '#wire/fields.ts';
import { readInput, writeOutput } from '../console/files.ts';
import { required, unknownAction } from '../console/options.ts';

export const help = `usage: decant provision STEP --machine-folder DIR --plan FILE [--in FILE] --out FILE

Brings a machine with a soft token into service, one step at a time, with files to and from the maker, so that no
network is needed. Each step may be repeated.

  request    makes the identity key in the token; --out: PKCS#10 request
  class-key  --in: the machine's certificate (LDevID, DER); --out: TRANSPORT_REQ for the maker
  finish     --in: CLASS_KEY from the maker

  --machine-folder DIR  the machine's folder (token/ and cell/ below it)
  --plan FILE           who the machine is and whom it believes (CBOR)
`;

const planSchema = z.strictObject({
  machine: machineId,
  name: z.string().max(200),
  machineClass: z.string().max(64),
  keyClass: z.string().max(64),
  issuer: z.string().max(200),
  anchors: z.record(z.string(), z.array(bytesUpTo(8192))),
});

export function encodePlan(plan: ProvisionPlan): Uint8Array {
  return encodeCbor(plan);
}

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      'machine-folder': { type: 'string' },
      plan: { type: 'string' },
      in: { type: 'string' },
      out: { type: 'string' },
    },
  });
  const folder = required(values['machine-folder'], '--machine-folder');
  const plan = await readPlan(required(values.plan, '--plan'));
  const place = {
    folder: join(folder, 'token'),
    label: 'machine',
    module: process.env['DECANT_PKCS11_MODULE'],
    entropy: systemEntropy,
  };
  using token = await ownSoftToken(place);
  const ports = { token, disk: systemDisk(join(folder, 'cell')), clock: systemClock, entropy: systemEntropy };
  const given = (): Promise<Uint8Array> => readInput(required(values.in, '--in'));
  switch (positionals[0]) {
    case 'request':
      await writeOutput(required(values.out, '--out'), await requestIdentity(plan.machine, ports), 0o600);
      break;
    case 'class-key': {
      const certificate = await given();
      checkCertificate(plan, certificate, ports);
      await writeOutput(required(values.out, '--out'), await requestClassKey(plan, certificate, ports), 0o600);
      break;
    }
    case 'finish':
      await finishProvisioning(plan, await given(), ports);
      break;
    default:
      throw unknownAction(positionals[0], ['request', 'class-key', 'finish']);
  }
  process.stdout.write(`${JSON.stringify({ done: positionals[0] })}\n`);
  return 0;
}

async function readPlan(file: string): Promise<ProvisionPlan> {
  const plan = planSchema.safeParse(decodeCbor(await readInput(file), 1 << 20));
  if (!plan.success) throw new Failure('message/malformed', { reason: `${file} is no plan` });
  return plan.data as ProvisionPlan;
}
