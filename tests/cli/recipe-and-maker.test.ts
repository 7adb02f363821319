import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { issueCertificate, randomSerial } from '#hsm/certificates.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { instant } from '#shared/units.ts';
import { manifestItem, peekManifest } from '#recipes/manifest.ts';
import { messages } from '#wire/messages.ts';
import { decodeSign1 } from '#wire/cose-sign1.ts';
import { paperParty } from '../support/recipe-people.ts';
import { root } from '../run/program.ts';
import { decant, type Ended, temporaryFolder } from './decant.ts';

const source = join(root, 'recipes', 'samples', 'bora-bora', 'recipe.yaml');

/** One maker with one class key and one author, all made by commands. */
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let fingerprint: string;

const at = (name: string): string => join(folder.path, name);
const run = (...args: string[]): Promise<Ended> => decant(args, { cwd: folder.path });
const maker = (...args: string[]): Promise<Ended> => run('maker', ...args, '--state', at('maker'));
const openssl = (...args: string[]): void => {
  execFileSync('openssl', args, { cwd: folder.path, stdio: 'ignore' });
};

function sealArguments(changes: Readonly<Record<string, string | null>> = {}): string[] {
  const options = {
    '-o': 'drink.tdr',
    '--class-key': 'class.der',
    '--maker-root': at('maker/certificates/root.der'),
    '--fingerprint': fingerprint,
    '--author-key': 'author-key.pem',
    '--author-cert': 'author.der',
    ...changes,
  };
  const given = Object.entries(options).filter((entry): entry is [string, string] => entry[1] !== null);
  return ['recipe', 'seal', source, ...given.flat()];
}

const seal = (changes?: Readonly<Record<string, string | null>>, ...more: string[]): Promise<Ended> =>
  run(...sealArguments(changes), ...more);

beforeAll(async () => {
  folder = await temporaryFolder();
  const { out } = await maker('init', '--json');
  const { roots } = JSON.parse(out) as { roots: { role: string; file: string; sha256: string }[] };
  fingerprint = roots.find(({ role }) => role === 'maker')?.sha256 ?? '';
  await maker('class-key', 'new', '--class', 'demo-mixer', '--out', 'class.der');
  openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', 'author-key.pem');
  openssl('req', '-new', '-key', 'author-key.pem', '-subj', '/CN=whoever', '-out', 'author.csr');
  await maker('certify-author', '--name', 'Harbour bar', '--in', 'author.csr', '--out', 'author.der');
  await seal();
});

afterAll(async () => {
  await folder[Symbol.asyncDispose]();
});

describe('decant maker', () => {
  test('prints the fingerprint that anybody computes from the root’s file', async () => {
    const der = await readFile(at('maker/certificates/root.der'));
    expect(createHash('sha256').update(der).digest('hex')).toBe(fingerprint);
  });

  test('answers the same roots and the same class key again', async () => {
    const { out, err, code } = await maker('init');
    expect(code).toBe(0);
    expect(out).toContain(fingerprint);
    expect(err).toContain('soft token');
    await maker('class-key', 'new', '--class', 'demo-mixer', '--out', 'again.der');
    expect(await readFile(at('again.der'))).toEqual(await readFile(at('class.der')));
  });

  test('makes no class key for a real fleet on a soft token', async () => {
    const { code, err } = await maker('class-key', 'new', '--class', 'city-bars', '--out', 'city.der');
    expect(code).toBe(2);
    expect(err).toContain('[token/soft-refused]');
  });

  test('certifies nobody whose request was tampered with', async () => {
    openssl('req', '-in', 'author.csr', '-outform', 'DER', '-out', 'author.p10');
    const request = await readFile(at('author.p10'));
    request[request.length - 5] = (request.at(-5) ?? 0) ^ 1;
    await writeFile(at('bent.p10'), request);
    const { code, err } = await maker('certify-author', '--name', 'X', '--in', 'bent.p10', '--out', 'x.der');
    expect(code).toBe(1);
    expect(err).toContain('[message/not-authentic');
  });

  test('certifies no machine under a name that the request does not have', async () => {
    const asked = ['--machine', 'bar-7', '--token', 'hsm', '--profile', 'H', '--in', 'author.csr', '--out', 'm.der'];
    const { code, err } = await maker('enrol', ...asked);
    expect(code).toBe(1);
    expect(err).toContain('a request for another machine');
  });

  test('wraps no class key for something that is no machine’s request', async () => {
    const { code, err } = await maker('class-key', 'wrap', '--in', 'author.csr', '--out', 'x.cose');
    expect(code).toBe(1);
    expect(err).toContain('[message/malformed');
  });

  test('says where it may not write', async () => {
    const { code, err } = await maker('class-key', 'new', '--class', 'demo-mixer', '--out', '/proc/none/x');
    expect(code).toBe(2);
    expect(err).toContain('[file/unwritable]');
  });
});

describe('decant recipe seal', () => {
  test('seals what inspect shows and verify confirms', async () => {
    const { code, out, err } = await seal({}, '--json');
    expect(code).toBe(0);
    const told = JSON.parse(out) as { recipe: string; manifest: string; pieces: number };
    expect(told).toMatchObject({
      recipe: 'e5f9015b609fcf309769ba984932028d',
      version: 1,
      name: 'Bora Bora',
      pieces: 8,
    });
    expect(err).toContain('The licence key was not deposited');
    const verified = await run(
      'recipe',
      'verify',
      'drink.tdr',
      '--author-root',
      at('maker/certificates/author-root.der'),
    );
    expect(verified).toMatchObject({ code: 0, out: 'drink.tdr: Bora Bora, version 1, signed by Harbour bar, whole\n' });
    const shown = await run('recipe', 'inspect', 'drink.tdr', '--json');
    expect(JSON.parse(shown.out)).toMatchObject({ manifest: told.manifest, author: 'Harbour bar' });
  });

  test('believes no root whose fingerprint was not given', async () => {
    const { code, err } = await seal({ '--fingerprint': null });
    expect(code).toBe(2);
    expect(err).toContain('--fingerprint');
  });

  test('believes no other root than the one with this fingerprint', async () => {
    const other = `${fingerprint.startsWith('0') ? '1' : '0'}${fingerprint.slice(1)}`;
    const { code, err } = await seal({ '--fingerprint': other });
    expect(code).toBe(1);
    expect(err).toContain('[recipe/wrong-root]');
  });

  test('takes a fingerprint with colons and capitals', async () => {
    const spoken = (fingerprint.toUpperCase().match(/../g) ?? []).join(':');
    expect((await seal({ '--fingerprint': spoken })).code).toBe(0);
  });

  test('seals for no class key of another maker', async () => {
    const stranger = await paperParty('class-key', 'demo-mixer');
    await writeFile(at('stranger.der'), stranger.leaf);
    const { code, err } = await seal({ '--class-key': 'stranger.der' });
    expect(code).toBe(1);
    expect(err).toContain('[recipe/not-authentic');
  });

  test('seals for every epoch of the class key that it is given, once each', async () => {
    expect((await maker('class-key', 'rotate', '--class', 'demo-mixer', '--out', 'second.der')).code).toBe(0);
    const { code, out } = await seal({ '-o': 'epochs.tdr' }, '--class-key', 'second.der');
    expect(code).toBe(0);
    expect(out).toContain('demo-mixer, 2 + 1');
    const { layers, class_key: newest } = peekManifest(manifestItem(new Uint8Array(await readFile(at('epochs.tdr')))));
    const kids = layers[0].recipients.map(({ kid }) => Buffer.from(kid).toString('hex'));
    expect(kids).toHaveLength(2);
    expect(kids[0]).toBe(Buffer.from(newest).toString('hex'));
    const twice = await seal({ '-o': 'epochs.tdr' }, '--class-key', 'class.der');
    expect(twice.code).toBe(2);
    expect(twice.err).toContain('[usage/option-wrong');
  });

  test('signs with no key that the certificate does not name', async () => {
    openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', 'other-key.pem');
    const { code, err } = await seal({ '--author-key': 'other-key.pem' });
    expect(code).toBe(1);
    expect(err).toContain('[recipe/key-mismatch]');
  });

  test('signs with a key under a passphrase when the passphrase is given', async () => {
    openssl('ec', '-in', 'author-key.pem', '-aes256', '-passout', 'pass:sesame', '-out', 'locked.pem');
    await writeFile(at('passphrase'), 'sesame\n');
    const { code, err } = await seal({ '--author-key': 'locked.pem' });
    expect({ code, asks: err.includes('--passphrase') }).toEqual({ code: 2, asks: true });
    expect((await seal({ '--author-key': 'locked.pem', '--passphrase': 'passphrase' })).code).toBe(0);
  });

  test('names the line of a mistake in the source', async () => {
    const text = await readFile(source, 'utf8');
    await writeFile(at('wrong.yaml'), text.replace('grenadine: 15', 'grenadine: 15000'));
    const ended = await run(...sealArguments().with(2, 'wrong.yaml'));
    expect(ended.code).toBe(1);
    expect(ended.err).toContain('steps.1');
    expect(ended.err).toContain('[recipe/source-invalid');
  });

  test('deposits the licence key for licensing alone', async () => {
    const { ca, key } = await depositKey();
    await writeFile(at('marketplace.der'), ca);
    await writeFile(at('deposit.der'), key);
    const deposit = { '--deposit': 'deposit.cose', '--deposit-key': 'deposit.der' };
    const { code, err } = await seal({ ...deposit, '--marketplace-root': 'marketplace.der' });
    expect({ code, warned: err.includes('not deposited') }).toEqual({ code: 0, warned: false });
    const message = decodeSign1(new Uint8Array(await readFile(at('deposit.cose'))), messages.DEPOSIT.maxBytes);
    expect(message.type).toBe('application/decant-deposit+cbor');
    const strange = await seal({ ...deposit, '--marketplace-root': at('maker/certificates/root.der') });
    expect(strange.code).toBe(1);
    expect(strange.err).toContain('[message/not-authentic');
  });
});

/** A marketplace's CA and its certificate for an RSA deposit key. */
async function depositKey(): Promise<{ ca: Uint8Array; key: Uint8Array }> {
  const { generateKeyPairSync, sign } = await import('node:crypto');
  const { roleOid, spkiOf } = await import('#wire/certificate-chain.ts');
  const root = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const deposit = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const signer = {
    algorithm: 'ES256' as const,
    sign: (message: Uint8Array) =>
      Promise.resolve(new Uint8Array(sign('sha256', message, { key: root.privateKey, dsaEncoding: 'ieee-p1363' }))),
  };
  const now = systemClock.now();
  const dates = { notBefore: instant(now - 1000), notAfter: instant(now + 86_400_000) };
  const serial = (): Uint8Array => randomSerial(systemEntropy);
  const spki = spkiOf(root.publicKey);
  const ca = await issueCertificate(
    { subject: { CN: 'CA' }, spki, issuer: 'self', serial: serial(), ...dates, ca: true, keyUsage: ['keyCertSign'] },
    signer,
  );
  const key = await issueCertificate(
    {
      subject: { CN: 'licensing' },
      spki: spkiOf(deposit.publicKey),
      issuer: ca,
      serial: serial(),
      ...dates,
      ca: false,
      keyUsage: ['keyEncipherment'],
      extKeyUsageOids: [roleOid('deposit')],
    },
    signer,
  );
  return { ca, key };
}

describe('decant recipe inspect', () => {
  test('tells an interval for each ingredient, and which is narrow', async () => {
    const { code, out } = await run('recipe', 'inspect', 'drink.tdr', '--leak', '--json');
    expect(code).toBe(0);
    const { leak, bounds } = JSON.parse(out) as {
      leak: { ingredient: string; min_ul: number; max_ul: number; narrow: boolean }[];
      bounds: { total_ul: number };
    };
    const truth = { grenadine: 15_000, 'lime-juice': 10_000, 'mango-nectar': 60_000, 'pineapple-juice': 110_000 };
    for (const [ingredient, amount] of Object.entries(truth)) {
      const found = leak.find((one) => one.ingredient === ingredient);
      expect(found?.min_ul).toBeLessThanOrEqual(amount);
      expect(found?.max_ul).toBeGreaterThanOrEqual(amount);
      expect(found?.narrow).toBe((found?.max_ul ?? 0) - (found?.min_ul ?? 0) < bounds.total_ul / 5);
    }
  });

  test('says in German what it shows', async () => {
    const { out } = await decant(['recipe', 'inspect', 'drink.tdr'], { cwd: folder.path, env: { LC_ALL: 'de_DE' } });
    expect(out).toContain('Zutaten');
    expect(out).toContain('Unterschrift nicht geprüft');
  });

  test('shows nothing of a file that is none', async () => {
    const { code, err, out } = await run('recipe', 'inspect', 'author-key.pem');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('[recipe/malformed');
  });
});

describe('decant recipe verify', () => {
  const root = (): string => at('maker/certificates/author-root.der');

  test('refuses a file in which one bit of a piece is another', async () => {
    const bytes = await readFile(at('drink.tdr'));
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await writeFile(at('bent.tdr'), bytes);
    const { code, err } = await run('recipe', 'verify', 'bent.tdr', '--author-root', root());
    expect(code).toBe(1);
    expect(err).toContain('[recipe/digest-mismatch]');
  });

  test('refuses a file that was cut', async () => {
    await writeFile(at('cut.tdr'), (await readFile(at('drink.tdr'))).subarray(0, -128));
    const { code, err } = await run('recipe', 'verify', 'cut.tdr', '--author-root', root());
    expect(code).toBe(1);
    expect(err).toContain('[recipe/malformed');
  });

  test('refuses an author below another root', async () => {
    const { code, err } = await run(
      'recipe',
      'verify',
      'drink.tdr',
      '--author-root',
      at('maker/certificates/root.der'),
    );
    expect(code).toBe(1);
    expect(err).toContain('[recipe/not-authentic');
  });

  test('takes nobody’s word without a root', async () => {
    const { code, err } = await run('recipe', 'verify', 'drink.tdr');
    expect(code).toBe(2);
    expect(err).toContain('--author-root');
  });
});
