import { z } from 'zod';
import type { Token } from '#hsm/token.ts';
import type { Clock } from '#shared/clock.ts';
import type { Disk } from '#shared/disk.ts';
import { Failure } from '#shared/failure.ts';
import { decodeCbor, encodeCbor } from '#wire/cbor.ts';
import { commonName, machineClaims, parseCertificate, roles, type TrustAnchors } from '#wire/certificate-chain.ts';
import type { Signer } from '#wire/cose-sign1.ts';
import { bytesUpTo, digest, machineId, time } from '#wire/fields.ts';
import { liveAnchors } from './provisioning/live-anchors.ts';

const anchorsSchema = z.partialRecord(
  z.enum(Object.keys(roles) as [keyof typeof roles, ...(keyof typeof roles)[]]),
  z.array(bytesUpTo(8192)).max(8),
);
const epoch = z.int().min(1);

/** What provisioning left in the cell's folder: public facts only. Keys are in the token, the PIN comes with the start. */
const provisionedSchema = z.strictObject({
  machine: machineId,
  name: z.string().max(200),
  machine_class: z.string().max(64),
  /** OAuth issuer of the marketplace: the only audience of a client assertion. */
  issuer: z.url().max(200),
  /** Identity key's label in the token, and its certificate chain (LDevID first). */
  identity: z.strictObject({ label: z.string().max(64), chain: z.array(bytesUpTo(8192)).min(1).max(3) }),
  anchors: anchorsSchema,
  /** Of the list in ANCHORS that was taken last; 1 for what was pinned at provisioning. */
  anchors_version: z.int().min(1).optional(),
  /** Anchors that hold beside them until then (milliseconds since 1970). */
  superseded: z
    .array(z.strictObject({ anchors: anchorsSchema, until: time }))
    .max(4)
    .optional(),
  /** Newest first; `digest` is the SHA-256 of the SubjectPublicKeyInfo that manifests name. */
  class_keys: z
    .array(z.strictObject({ epoch, label: z.string().max(128), digest }))
    .min(1)
    .max(3),
  /** Epochs that fell out, newest first. */
  retired: z.array(z.strictObject({ epoch, digest })).max(16).optional(),
});

export type Provisioned = z.infer<typeof provisionedSchema>;
export type HeldClassKey = Provisioned['class_keys'][number];

/** Label in the token of a class key. */
export const classKeyLabel = (name: string, epochNumber: number): string => `class-${name}-${epochNumber}`;

const path = 'provisioned.cbor';

/** Writes it down; answers the file's bytes. */
export async function writeProvisioned(disk: Disk, provisioned: Provisioned): Promise<Uint8Array> {
  const bytes = encodeCbor(provisionedSchema.parse(provisioned));
  await disk.replace(path, bytes);
  return bytes;
}

/** @throws Failure `machine/not-provisioned` */
export async function readProvisioned(disk: Disk): Promise<Provisioned> {
  const bytes = await disk.read(path);
  const parsed = bytes === null ? null : provisionedSchema.safeParse(decoded(bytes));
  if (!parsed?.success) throw new Failure('machine/not-provisioned', { file: path });
  return parsed.data;
}

function decoded(bytes: Uint8Array): unknown {
  try {
    return decodeCbor(bytes, 256 * 1024);
  } catch (error) {
    throw new Failure('machine/not-provisioned', { file: path }, error);
  }
}

/** Who this machine is, and whom it believes. */
export interface Identity {
  readonly machine: string;
  readonly name: string;
  readonly machineClass: string;
  readonly issuer: string;
  /** As they hold at the moment of asking: a list that was superseded still does for a while. */
  readonly anchors: TrustAnchors;
  readonly classKeys: readonly HeldClassKey[];
  /** What the machine was provisioned with; `adopt` puts another in its place while it runs. */
  readonly provisioned: Provisioned;
  adopt(provisioned: Provisioned): void;
  /** Signs messages with the identity key in the token. */
  readonly signer: Signer;
  readonly tokenClass: 'soft' | 'tpm' | 'hsm';
  readonly profile: 'H' | 'S';
  readonly tokenSerial: string;
  /** Milliseconds since 1970. */
  readonly certificateExpires: number;
  /** A private_key_jwt signature (RS256) over an ASCII signing input. */
  signJwt(signingInput: Uint8Array): Promise<Uint8Array>;
}

/** @throws Failure `machine/not-provisioned`, `token/key-missing` when token and certificate do not belong together */
export function openIdentity(provisioned: Provisioned, token: Token, clock: Pick<Clock, 'now'>): Identity {
  let current = provisioned;
  const { label, chain } = provisioned.identity;
  const leaf = parseCertificate(chain[0] ?? new Uint8Array(0));
  if (commonName(leaf) !== provisioned.machine) throw new Failure('machine/not-provisioned', { reason: 'certificate' });
  const claims = machineClaims(leaf);
  const spki = Buffer.from(token.publicKey(label));
  if (!spki.equals(leaf.publicKey.export({ format: 'der', type: 'spki' }))) {
    throw new Failure('token/key-missing', { label });
  }
  return {
    machine: provisioned.machine,
    name: provisioned.name,
    machineClass: provisioned.machine_class,
    issuer: provisioned.issuer,
    anchors: liveAnchors(() => current, clock),
    get classKeys() {
      return current.class_keys;
    },
    get provisioned() {
      return current;
    },
    adopt(next) {
      current = next;
    },
    signer: { algorithm: 'PS256', chain, sign: (message) => token.sign(label, 'PS256', message) },
    tokenClass: claims.tokenClass,
    // the token's module may have changed since the certificate was issued: the lower of the two holds
    profile: token.profile === 'S' ? 'S' : claims.profile,
    tokenSerial: token.serial,
    certificateExpires: leaf.validToDate.getTime(),
    signJwt: (input) => token.sign(label, 'RS256', input),
  };
}
