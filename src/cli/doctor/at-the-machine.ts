import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { access, constants, readFile, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { verifyJournal } from '#cell/journal/journal.ts';
import { findModule, loadCryptoki } from '#hsm/cryptoki.ts';
import { findCard } from '#hsm/token-card.ts';
import { isFailure } from '#shared/failure.ts';
import { commonName, parseCertificate } from '#wire/certificate-chain.ts';
import toolchain from '../toolchain.json' with { type: 'json' };
import { bad, type Finding, good, skipped, warning } from './finding.ts';
import type { Patient } from './patient.ts';
import { type DatedCertificate, judgeCertificates, judgeNode, judgeRoom, judgeToken } from './verdicts.ts';

export function checkNode(): Finding {
  return judgeNode(process.versions.node, toolchain.node.version);
}

/** Room and right to write where the cell keeps its journal. */
export async function checkState({ place }: Patient): Promise<Finding> {
  const folder = place.cell;
  if (!existsSync(folder)) return bad('state/missing', { folder });
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch {
    return bad('state/no-access', { folder });
  }
  const { bavail, bsize } = await statfs(folder);
  return judgeRoom(folder, bavail * bsize);
}

export function checkConfig({ place, configTrouble }: Patient): Finding {
  const file = place.config;
  if (configTrouble === null) return good('config/good', { file });
  if ('reason' in configTrouble) return bad('config/missing', { file, reason: configTrouble.reason });
  const { mistakes } = configTrouble;
  const [first] = mistakes;
  const told = first === undefined ? '' : `line ${first.line}, ${first.path}: ${first.expected}`;
  return bad('config/mistakes', { file, count: mistakes.length, first: told });
}

/** Looks for the token by its label. The PIN is not tried: a token counts wrong ones. */
export function checkToken({ place, config }: Patient): Finding {
  if (config === null) return skipped('needs/config');
  const { module: named, label, allow_soft_token: allowSoft } = config.token;
  if (place.softToken !== null) process.env['SOFTHSM2_CONF'] = join(place.softToken, 'softhsm2.conf');
  let module = named;
  try {
    module = findModule(named === 'auto' ? process.env['DECANT_PKCS11_MODULE'] : named);
    const cryptoki = loadCryptoki(module);
    const { serial } = findCard(cryptoki, label);
    return judgeToken({ class: cryptoki.quirks.tokenClass, label, serial, module }, allowSoft);
  } catch (error) {
    if (!isFailure(error)) throw error;
    return bad('token/missing', { label, module });
  }
}

/** The file with the PIN: that it is there, and whose it is; its content is not read. */
export async function checkPin({ place }: Patient): Promise<Finding> {
  if (place.softToken === null) return good('pin/by-systemd');
  const file = join(place.softToken, 'pin');
  try {
    await access(file, constants.R_OK);
    const mode = (await stat(file)).mode & 0o777;
    return (mode & 0o077) === 0 ? good('pin/good', { file }) : warning('pin/open', { file, mode: mode.toString(8) });
  } catch (error) {
    return bad('pin/missing', { file, reason: (error as NodeJS.ErrnoException).code ?? 'unknown' });
  }
}

/** The machine's own certificate, the roots that it believes, the marketplace's CA: whichever runs out first. */
export function checkCertificates({ provisioned, status, ca }: Patient, now: number): Finding {
  const certificates: DatedCertificate[] = [];
  if (status !== null) certificates.push({ name: status.machine, expires: status.certificate_expires });
  if (ca !== null) certificates.push(dated(new X509Certificate(ca)));
  if (typeof provisioned === 'object') {
    const lists = [provisioned.identity.chain, ...Object.values(provisioned.anchors)];
    certificates.push(...lists.flatMap((list) => list.map((der) => dated(parseCertificate(der)))));
  }
  if (certificates.length === 0) {
    return skipped(provisioned === 'missing' ? 'needs/provisioning' : 'needs/access');
  }
  const unique = new Map(certificates.map((one) => [`${one.name} ${one.expires}`, one]));
  return judgeCertificates([...unique.values()], now);
}

function dated(certificate: X509Certificate): DatedCertificate {
  return { name: commonName(certificate), expires: certificate.validToDate.getTime() };
}

/** Proves the chain of the journal on disk, and that the cell has written no further than the disk has. */
export async function checkJournal({ place, status }: Patient): Promise<Finding> {
  const file = place.journal;
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await readFile(file));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (missing && status === null) return good('journal/none');
    return missing ? bad('journal/behind', { entries: 0, index: status?.journal.index ?? 0 }) : skipped('needs/access');
  }
  try {
    // a cell that runs may be in the middle of writing its last entry
    const { entries } = verifyJournal(bytes);
    const index = status?.journal.index ?? 0;
    return entries < index ? bad('journal/behind', { entries, index }) : good('journal/good', { entries });
  } catch (error) {
    if (!isFailure(error)) throw error;
    return bad('journal/broken', { index: String(error.facts['index'] ?? '') });
  }
}
