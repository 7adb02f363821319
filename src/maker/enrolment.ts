import { z } from 'zod';
import { readCertificateRequest } from '#hsm/certificate-request.ts';
import { hex } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { type MachineClaims, machineUri, roleOid } from '#wire/certificate-chain.ts';
import { machineId } from '#wire/fields.ts';
import { sha256 } from '#wire/signed-message.ts';
import { issue, type Root } from './certificates.ts';
import type { MakerPorts } from './ports.ts';

const recordSchema = z.strictObject({
  machine: machineId,
  token_class: z.enum(['soft', 'tpm', 'hsm']),
  profile: z.enum(['H', 'S']),
  /** SHA-256 of the identity key's SubjectPublicKeyInfo, hex; null until its first certificate. */
  identity: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  /** Certificates issued, milliseconds since 1970. */
  issued: z.array(z.int().min(0)).max(1000),
});

/** What the maker found out about a machine: its own word does not count (PKCS#11 has no attestation). */
export type EnrolmentRecord = z.infer<typeof recordSchema>;

const pathOf = (machine: string): string => `enrolment/${machine}.json`;

/** @throws Failure `disk/failed`, `message/malformed` for a record that somebody damaged */
export async function readEnrolment(
  { disk }: Pick<MakerPorts, 'disk'>,
  machine: string,
): Promise<EnrolmentRecord | null> {
  const bytes = await disk.read(pathOf(machine));
  if (bytes === null) return null;
  try {
    return recordSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (error) {
    throw new Failure('message/malformed', { reason: pathOf(machine) }, error);
  }
}

/**
 * The record of a machine; `claims` are the maker's own findings, null for what was written down before.
 * @throws Failure `maker/enrolment-missing`, `maker/enrolment-differs` unless `replace`
 */
export async function enrolmentOf(
  ports: MakerPorts,
  machine: string,
  claims: MachineClaims | null,
  replace = false,
): Promise<EnrolmentRecord> {
  const before = await readEnrolment(ports, machine);
  if (claims === null) {
    if (before === null) throw new Failure('maker/enrolment-missing', { machine });
    return before;
  }
  const { tokenClass: token_class, profile } = claims;
  if (before !== null && !replace && (before.token_class !== token_class || before.profile !== profile)) {
    throw new Failure('maker/enrolment-differs', { machine, found: `${before.token_class}, ${before.profile}` });
  }
  const fresh: EnrolmentRecord = { machine, token_class, profile, identity: null, issued: [] };
  return { ...fresh, ...before, token_class, profile };
}

async function write({ disk }: MakerPorts, record: EnrolmentRecord): Promise<void> {
  const bytes = new TextEncoder().encode(`${JSON.stringify(recordSchema.parse(record), null, 2)}\n`);
  await disk.replace(pathOf(record.machine), bytes);
}

/** Writes a record down before the machine has a certificate. */
export async function registerMachine(
  ports: MakerPorts,
  machine: string,
  claims: MachineClaims | null,
  replace = false,
): Promise<EnrolmentRecord> {
  const record = await enrolmentOf(ports, machine, claims, replace);
  await write(ports, record);
  return record;
}

/**
 * A machine's certificate (LDevID) for a PKCS#10 request signed by its identity key; token class and profile are those of
 * the record. A second identity key for one machine is a token that was changed, and is refused unless `replace`.
 */
export async function enrolMachine(
  ports: MakerPorts,
  root: Root,
  { machine, request, claims, replace }: EnrolmentRequest,
): Promise<Uint8Array> {
  const { subject, spki } = readCertificateRequest(request);
  if (subject.CN !== machine) throw new Failure('message/not-authentic', { reason: 'a request for another machine' });
  const record = await enrolmentOf(ports, machine, claims, replace);
  const identity = hex(sha256(spki));
  if (record.identity !== null && record.identity !== identity && !replace) {
    throw new Failure('maker/enrolment-differs', { machine, found: 'another identity key' });
  }
  const { token_class: tokenClass, profile } = record;
  const certificate = await issue(
    {
      subject: { CN: machine },
      spki,
      keyUsage: ['digitalSignature'],
      extKeyUsageOids: [roleOid('machine')],
      subjectAltNames: { uri: [machineUri(machine, { tokenClass, profile })] },
    },
    root,
    ports,
  );
  await write(ports, { ...record, identity, issued: [...record.issued, ports.clock.now()].slice(-1000) });
  return certificate;
}

/** Who asks for a certificate. */
export interface EnrolmentRequest {
  readonly machine: string;
  /** PKCS#10, DER. */
  readonly request: Uint8Array;
  readonly claims: MachineClaims | null;
  readonly replace: boolean;
}
