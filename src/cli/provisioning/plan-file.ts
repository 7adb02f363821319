import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { ProvisionPlan } from '#cell/provisioning/run.ts';
import { Failure } from '#shared/failure.ts';
import { decodeCbor, encodeCbor } from '#wire/cbor.ts';
import { type Role, roles } from '#wire/certificate-chain.ts';
import { bytesUpTo, machineId } from '#wire/fields.ts';
import { readDer, readInput } from '../console/files.ts';

const bits = z.literal([2048, 3072]);
const text = z.string().min(1).max(200);
const roleName = z.enum(Object.keys(roles) as [Role, ...Role[]]);
const prekeys = z.strictObject({ bits, count: z.int().min(1).max(32) });

/** The plan as programs hand it over (CBOR). */
const planSchema = z.strictObject({
  machine: machineId,
  name: text,
  machineClass: z.string().max(64),
  keyClass: z.string().max(64),
  issuer: text,
  anchors: z.partialRecord(roleName, z.array(bytesUpTo(8192)).max(8)),
  identityBits: bits.optional(),
  prekeys: prekeys.optional(),
});

/** The plan as a person writes it (YAML); certificates are files, DER or PEM, beside it. */
const writtenSchema = z.strictObject({
  machine: machineId,
  name: text,
  machine_class: z.string().max(64).default('beverage'),
  key_class: z.string().max(64),
  issuer: text,
  anchors: z.partialRecord(roleName, z.array(z.string().max(4096)).max(8)),
  identity_bits: bits.default(3072),
  prekeys: prekeys.default({ bits: 2048, count: 16 }),
});

export function encodePlan(plan: ProvisionPlan): Uint8Array {
  return encodeCbor(Object.fromEntries(Object.entries(plan).filter(([, value]) => value !== undefined)));
}

/** @throws Failure `file/unreadable`, `message/malformed` */
export async function readPlan(file: string): Promise<ProvisionPlan> {
  const bytes = await readInput(file);
  return isYaml(file) ? readWritten(file, bytes) : decodePlan(bytes, file);
}

export function decodePlan(bytes: Uint8Array, file: string): ProvisionPlan {
  const plan = planSchema.safeParse(decodeCbor(bytes, 1 << 20));
  if (!plan.success) throw notPlan(file, plan.error);
  return plan.data;
}

const isYaml = (file: string): boolean => /\.ya?ml$/.test(file);

async function readWritten(file: string, bytes: Uint8Array): Promise<ProvisionPlan> {
  const written = writtenSchema.safeParse(parse(new TextDecoder().decode(bytes)));
  if (!written.success) throw notPlan(file, written.error);
  const { machine_class: machineClass, key_class: keyClass, identity_bits: identityBits, ...rest } = written.data;
  const anchors: Partial<Record<Role, Uint8Array[]>> = {};
  for (const [role, files] of Object.entries(rest.anchors) as [Role, string[]][]) {
    anchors[role] = await Promise.all(files.map((one) => readDer(resolve(dirname(file), one))));
  }
  return { ...rest, machineClass, keyClass, identityBits, anchors };
}

function notPlan(file: string, { issues }: z.ZodError): Failure {
  const at = issues[0]?.path.join('.') ?? '';
  return new Failure('message/malformed', { reason: at === '' ? `${file} is no plan` : `${file}: ${at}` });
}
