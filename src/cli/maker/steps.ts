import { readCertificateRequest } from '#hsm/certificate-request.ts';
import { isDemoClass } from '#maker/class-keys.ts';
import type { Maker } from '#maker/maker.ts';
import { isRole } from '#maker/roots.ts';
import { Failure } from '#shared/failure.ts';
import type { Role } from '#wire/certificate-chain.ts';
import { readDer, readInput, writeOutput } from '../console/files.ts';
import { required, wholeOption } from '../console/options.ts';
import { classOption, claimsOption, type MakerValues, machineOption } from './options.ts';
import { releaseFiles } from './release-files.ts';

/** Something done with the maker's token; what it answers is printed with `--json`. */
export type MakerStep = (maker: Maker) => Promise<object>;

export function newClassKey(values: MakerValues): MakerStep {
  const name = classOption(values);
  requireDemoClass(name, values);
  const epoch = epochOf(values) ?? 1;
  const out = required(values.out, '--out');
  return async (maker) => {
    await writeOutput(out, await maker.classKey(name, epoch));
    return { class: name, epoch, live: maker.classKeys.live(name) };
  };
}

export function rotateClassKey(values: MakerValues): MakerStep {
  const name = classOption(values);
  requireDemoClass(name, values);
  const out = required(values.out, '--out');
  return async (maker) => {
    const { epoch, certificate, destroyed } = await maker.classKeys.rotate(name);
    await writeOutput(out, certificate);
    return { class: name, epoch, destroyed, live: maker.classKeys.live(name) };
  };
}

export async function wrapClassKey(values: MakerValues): Promise<MakerStep> {
  const request = await readInput(required(values.in, '--in'));
  const epoch = epochOf(values);
  const out = required(values.out, '--out');
  const cas = await Promise.all(values['machine-ca'].map(readDer));
  return async (maker) => {
    await writeOutput(out, await maker.answerTransport(request, epoch, cas), 0o600);
    return { wrapped: out };
  };
}

export async function enrol(values: MakerValues): Promise<MakerStep> {
  const machine = machineOption(values);
  const claims = claimsOption(values);
  const request = await readDer(required(values.in, '--in'));
  const out = required(values.out, '--out');
  return async (maker) => {
    await writeOutput(out, await maker.enrol(machine, request, claims, values.replace));
    return { machine, certificate: out };
  };
}

export function voucher(values: MakerValues): MakerStep {
  const machine = machineOption(values);
  const claims = claimsOption(values);
  const out = required(values.out, '--out');
  return async (maker) => {
    await writeOutput(out, await maker.voucher(machine, claims), 0o600);
    return { machine, voucher: out };
  };
}

export async function certifyAuthor(values: MakerValues): Promise<MakerStep> {
  const name = required(values.name, '--name');
  const { spki } = readCertificateRequest(await readDer(required(values.in, '--in')));
  const out = required(values.out, '--out');
  return async (maker) => {
    await writeOutput(out, await maker.certifyAuthor(name, spki));
    return { author: name, certificate: out };
  };
}

export async function signRelease(values: MakerValues): Promise<MakerStep> {
  const name = values.name ?? 'decant';
  const version = required(values['release-version'], '--release-version');
  const files = await releaseFiles(required(values.in, '--in'));
  const out = required(values.out, '--out');
  return async (maker) => {
    await writeOutput(out, await maker.signRelease({ name, version, files }));
    return { name, version, files: files.length };
  };
}

export async function anchors(values: MakerValues): Promise<MakerStep> {
  const out = required(values.out, '--out');
  const more: Partial<Record<Role, Uint8Array[]>> = {};
  for (const given of values.anchor) {
    const [role = '', file = ''] = given.split('=', 2);
    if (!isRole(role) || file === '') throw new Failure('usage/option-wrong', { option: '--anchor', value: given });
    (more[role] ??= []).push(await readDer(file));
  }
  const again = values.version === undefined ? null : wholeOption(values.version, '--version', { least: 2 });
  return async (maker) => {
    const signed =
      again === null ? await maker.nextAnchors(values['new-root'], more) : await maker.anchorsSigned(again);
    if (signed === null) throw new Failure('usage/option-wrong', { option: '--version', value: values.version ?? '' });
    await writeOutput(out, signed);
    return { version: again ?? maker.anchorsVersion };
  };
}

/** The maker's own token is a soft one unless it is named: it may hold keys of demonstration classes only. */
function requireDemoClass(name: string, values: MakerValues): void {
  if (values.module === undefined && values['token-label'] === undefined && !isDemoClass(name)) {
    throw new Failure('token/soft-refused');
  }
}

function epochOf({ epoch }: MakerValues): number | undefined {
  return epoch === undefined ? undefined : wholeOption(epoch, '--epoch', { least: 1 });
}
