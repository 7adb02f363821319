import { z } from 'zod';
import type { Disk } from '#shared/disk.ts';
import { Failure } from '#shared/failure.ts';
import { satoshi } from '#shared/units.ts';
import type { TrustAnchors } from '#wire/certificate-chain.ts';
import { machineId } from '#wire/fields.ts';

const der = z
  .base64()
  .max(16_384)
  .transform((text): Uint8Array => new Uint8Array(Buffer.from(text, 'base64')));

/**
 * `bootstrap.json` in the state folder, written by whoever sets the marketplace up: whom it believes, and what it is
 * to know before the first request. Certificates are DER in base64. Reading it again changes nothing.
 */
export const bootstrapSchema = z.strictObject({
  anchors: z.strictObject({
    author: z.array(der).max(16),
    machine: z.array(der).max(16),
    /** Whose vouchers are good; the machines' CAs where this is not said. */
    maker: z.array(der).max(16).optional(),
  }),
  /** Certificates (LDevID) of machines. */
  machines: z.array(der).max(10_000),
  /** Opening credits; the same key adds nothing twice. */
  credits: z
    .array(
      z.strictObject({
        machine: machineId,
        satoshi: z.int().positive(),
        key: z.string().regex(/^[\w.:-]{1,64}$/),
      }),
    )
    .max(10_000),
});

export type Bootstrap = z.output<typeof bootstrapSchema>;
/** What is written into the file. */
export type BootstrapFile = z.input<typeof bootstrapSchema>;

export const bootstrapPath = 'bootstrap.json';

/** What the file says; believes nobody when there is none. @throws Failure `config/invalid` */
export async function readBootstrap(disk: Disk): Promise<Bootstrap> {
  const bytes = await disk.read(bootstrapPath);
  if (bytes === null) return { anchors: { author: [], machine: [] }, machines: [], credits: [] };
  try {
    return bootstrapSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (error) {
    throw new Failure('config/invalid', { file: bootstrapPath, reason: 'not as its schema says' }, error);
  }
}

/** Writes the file; certificates are DER. */
export async function writeBootstrap(
  disk: Disk,
  { anchors, machines, credits }: Omit<Bootstrap, 'credits'> & { readonly credits: BootstrapFile['credits'] },
): Promise<void> {
  const text = (der: readonly Uint8Array[]): string[] => der.map((each) => Buffer.from(each).toString('base64'));
  const file: BootstrapFile = {
    anchors: {
      author: text(anchors.author),
      machine: text(anchors.machine),
      ...(anchors.maker === undefined ? {} : { maker: text(anchors.maker) }),
    },
    machines: text(machines),
    credits,
  };
  await disk.replace(bootstrapPath, new TextEncoder().encode(`${JSON.stringify(file, null, 2)}\n`));
}

/** The machines and credits of a bootstrap, each once. */
export async function applyBootstrap(
  { machines, credits }: Bootstrap,
  services: {
    readonly accounts: { enrol(certificate: Uint8Array): Promise<string> };
    readonly payments: {
      credit(machine: string, sat: ReturnType<typeof satoshi>, key: string, rail: string): Promise<void>;
    };
  },
): Promise<void> {
  for (const certificate of machines) await services.accounts.enrol(certificate);
  for (const credit of credits) {
    await services.payments.credit(credit.machine, satoshi(credit.satoshi), credit.key, 'voucher');
  }
}

/** The CAs of a bootstrap by role. */
export function anchorsOf({ anchors }: Bootstrap): TrustAnchors {
  const { author, machine, maker = machine } = anchors;
  return { author, machine, maker };
}
