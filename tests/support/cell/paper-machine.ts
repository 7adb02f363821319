import { writeProvisioned } from '#cell/identity.ts';
import { issueCertificate, randomSerial } from '#hsm/certificates.ts';
import type { Disk } from '#shared/disk.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { instant } from '#shared/units.ts';
import { machineUri, roleOid, type TrustAnchors } from '#wire/certificate-chain.ts';
import { sha256 } from '#wire/signed-message.ts';
import { type PaperCa, startOfTest } from '../marketplace/people.ts';

const year = 365 * 24 * 3600 * 1000;

export interface PaperMachine {
  readonly machine: string;
  readonly name: string;
  /** The identity key in its token. */
  readonly identity: { readonly label: string; readonly spki: Uint8Array };
  readonly classKey: { readonly label: string; readonly spki: Uint8Array };
  readonly anchors: TrustAnchors;
}

/** Writes onto the disk what provisioning leaves there, under a certificate for two years; answers the certificate. */
export async function provisionOnPaper(
  { machine, name, identity, classKey, anchors }: PaperMachine,
  disk: Disk,
  ca: PaperCa,
): Promise<Uint8Array> {
  const leaf = await issueCertificate(
    {
      notBefore: instant(startOfTest - year),
      notAfter: instant(startOfTest + year),
      subject: { CN: machine },
      spki: identity.spki,
      issuer: ca.certificate,
      serial: randomSerial(systemEntropy),
      ca: false,
      keyUsage: ['digitalSignature'],
      extKeyUsageOids: [roleOid('machine')],
      subjectAltNames: { uri: [machineUri(machine, { tokenClass: 'soft', profile: 'H' })] },
    },
    ca.signer,
  );
  await writeProvisioned(disk, {
    machine,
    name,
    machine_class: 'beverage',
    issuer: 'https://paper.test',
    identity: { label: identity.label, chain: [leaf] },
    anchors: Object.fromEntries(Object.entries(anchors).map(([role, list]) => [role, [...list]])),
    class_keys: [{ epoch: 1, label: classKey.label, digest: sha256(classKey.spki) }],
  });
  return leaf;
}
