import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ownSoftToken } from '#hsm/own-soft-token.ts';
import type { Pkcs11Token } from '#hsm/pkcs11-token.ts';
import { Maker } from '#maker/maker.ts';
import { hex } from '#shared/entropy.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemDisk } from '#shared/node/system-disk.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { fillHoles } from '#wire/sentences/sentence-for.ts';
import { openMessage, sha256 } from '#wire/signed-message.ts';
import { readInput } from '../console/files.ts';
import { consoleLanguage } from '../console/language.ts';
import { noMoreThan, required, unknownAction } from '../console/options.ts';
import { demoPlace } from '../demo/demo-place.ts';
import { makerOptions, type MakerValues } from '../maker/options.ts';
import { requireRelease } from '../maker/release-files.ts';
import * as steps from '../maker/steps.ts';
import { openNamedToken } from '../provisioning/hardware-token.ts';
import { trustedRoot } from '../recipe/trusted-root.ts';
import { textsFor } from '../texts/texts.ts';

export const help = `usage: decant maker init [--json]
       decant maker class-key new --class NAME [--epoch N] --out CERT.der
       decant maker class-key rotate --class NAME --out CERT.der
       decant maker class-key wrap --in TRANSPORT_REQ [--epoch N] [--machine-ca CERT] --out CLASS_KEY
       decant maker enrol --machine ID --in REQUEST.p10 [--token soft|tpm|hsm --profile H|S] [--replace] --out CERT.der
       decant maker voucher --machine ID [--token soft|tpm|hsm --profile H|S] --out VOUCHER
       decant maker certify-author --name NAME --in REQUEST --out CERT.der
       decant maker anchors [--new-root] [--anchor ROLE=CERT]… --out ANCHORS
       decant maker sign-release --in FILE-OR-FOLDER --release-version V [--name NAME] --out MANIFEST
       decant maker verify-release --in FILE-OR-FOLDER --manifest MANIFEST --root CERT [--fingerprint HEX]

The machine maker's side, by files, so that the maker's token needs no network. Each step may be repeated.

  init              makes token, roots and signing key; prints where the roots are, and their fingerprints
  class-key new     makes a class key unless it exists, and writes its certificate for recipe authors
  class-key rotate  makes the next epoch; three are live, the oldest beyond is destroyed
  class-key wrap    answers a machine's request with the class key, wrapped to it (the newest epoch); --machine-ca
                    for machines that were certified by EST
  enrol             certifies a machine. Token class and profile are the maker's own findings; they are written down
                    at the first time and need not be said again
  voucher           lets a machine fetch its first certificate from the marketplace by EST, once
  certify-author    certifies a recipe author for a PKCS#10 request (openssl req -new), PEM or DER
  anchors           the next list of whom machines believe, signed under the old root and the new one; --version N
                    writes one that was signed before once more
  sign-release      signs the digests of a release's files; verify-release needs no token

  --state DIR       the maker's folder (default: maker/ in DECANT_STATE or .decant, the demonstration's maker)
  --token-label L   the maker's own hardware token, with --module PATH; PIN and SO-PIN are typed, or read from
                    --pin-file and --so-pin-file (--soft-tokens DIR where SoftHSM keeps its tokens)
  --json            init: {"roots": [{"role", "file", "sha256"}]}; else what was done
`;

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: makerOptions });
  if (positionals[0] === 'verify-release') return verifyRelease(positionals, values);
  const folder = values.state ?? demoPlace(process.env['DECANT_STATE'] ?? '.decant').maker;
  // everything that was called wrongly is said before a token is made
  const step = await stepOf(positionals, values, folder);
  using token = await makerToken(values, folder);
  const disk = systemDisk(folder);
  const done = await step(await Maker.open({ token, disk, clock: systemClock, entropy: systemEntropy }));
  if (values.json) process.stdout.write(`${JSON.stringify(done)}\n`);
  return 0;
}

function makerToken(values: MakerValues, folder: string): Promise<Pkcs11Token> {
  const { module, 'token-label': label } = values;
  if (module === undefined && label === undefined) {
    const configured = process.env['DECANT_PKCS11_MODULE'];
    return ownSoftToken({ folder: join(folder, 'token'), label: 'maker', module: configured, entropy: systemEntropy });
  }
  return openNamedToken({
    module,
    label: label ?? 'maker',
    pinFile: values['pin-file'],
    soPinFile: values['so-pin-file'],
    softTokens: values['soft-tokens'],
  });
}

async function stepOf(
  [action, ...more]: readonly string[],
  values: MakerValues,
  folder: string,
): Promise<steps.MakerStep> {
  const [first] = more;
  noMoreThan(action === 'class-key' ? 1 : 0, more);
  switch (action) {
    case 'init':
      return (maker) => Promise.resolve(tellRoots(maker, folder, values.json));
    case 'class-key':
      if (first === 'new') return steps.newClassKey(values);
      if (first === 'rotate') return steps.rotateClassKey(values);
      if (first === 'wrap') return steps.wrapClassKey(values);
      throw unknownAction(first, ['new', 'rotate', 'wrap']);
    case 'enrol':
      return steps.enrol(values);
    case 'voucher':
      return steps.voucher(values);
    case 'certify-author':
      return steps.certifyAuthor(values);
    case 'anchors':
      return steps.anchors(values);
    case 'sign-release':
      return steps.signRelease(values);
    default:
      throw unknownAction(action, [
        'init',
        'class-key',
        'enrol',
        'voucher',
        'certify-author',
        'anchors',
        'sign-release',
        'verify-release',
      ]);
  }
}

function tellRoots(maker: Maker, folder: string, json: boolean): object {
  const file = (name: string): string => join(folder, 'certificates', `${name}.der`);
  const roots = [
    { role: 'maker', file: file(maker.rootName), sha256: hex(sha256(maker.root)) },
    { role: 'author', file: file('author-root'), sha256: hex(sha256(maker.authorRoot)) },
  ];
  if (!json) {
    const { maker: words } = textsFor(consoleLanguage());
    const rows = roots.map(
      ({ role, file: path, sha256: print }) => `  ${role.padEnd(8)}${path}\n          SHA-256 ${print}`,
    );
    process.stdout.write(`${fillHoles(words.made, { folder })}\n${rows.join('\n')}\n`);
    if (maker.isSoft) process.stderr.write(`! ${words.soft}\n`);
  }
  return { roots };
}

/** With the maker's root, whose fingerprint somebody typed, and no token: whoever installs a release does this. */
async function verifyRelease(positionals: readonly string[], values: MakerValues): Promise<number> {
  noMoreThan(1, positionals);
  const release = required(values.in, '--in');
  const manifest = await readInput(required(values.manifest, '--manifest'));
  const root = await trustedRoot(required(values.root, '--root'), values.fingerprint);
  const { payload } = openMessage('SOFTWARE', manifest, { maker: [root] }, systemClock.now());
  await requireRelease(release, payload.files);
  const { name, version, files } = payload;
  process.stdout.write(`${JSON.stringify({ name, version, files: files.length, signed: payload.time })}\n`);
  return 0;
}
