import { createInterface } from 'node:readline/promises';
import { Failure } from '#shared/failure.ts';
import { hex } from '#shared/entropy.ts';
import { parseCertificate } from '#wire/certificate-chain.ts';
import { sha256 } from '#wire/signed-message.ts';
import { readDer } from '../console/files.ts';
import { consoleLanguage } from '../console/language.ts';
import { textsFor } from '../texts/texts.ts';

/**
 * A maker's root, DER, once a person has given its fingerprint: as an option, or typed at a terminal.
 * @throws Failure `recipe/wrong-root`, `usage/option-missing` when there is nobody to ask
 */
export async function trustedRoot(file: string, fingerprint: string | undefined): Promise<Uint8Array> {
  const root = await readDer(file);
  if (!parseCertificate(root).ca) throw new Failure('usage/option-wrong', { option: '--maker-root', value: file });
  const given = normal(fingerprint ?? (await typed()));
  if (!/^[0-9a-f]{64}$/.test(given)) {
    throw new Failure('usage/option-wrong', { option: '--fingerprint', value: given || '""' });
  }
  if (given !== hex(sha256(root))) throw new Failure('recipe/wrong-root');
  return root;
}

async function typed(): Promise<string> {
  if (!process.stdin.isTTY) throw new Failure('usage/option-missing', { option: '--fingerprint' });
  const person = createInterface({ input: process.stdin, output: process.stderr });
  const gone = new AbortController();
  person.once('close', () => gone.abort());
  try {
    return await person.question(textsFor(consoleLanguage()).recipe.typeFingerprint, { signal: gone.signal });
  } catch (error) {
    // Ctrl-C or Ctrl-D instead of an answer
    process.stderr.write('\n');
    throw new Failure('usage/option-missing', { option: '--fingerprint' }, error);
  } finally {
    person.close();
  }
}

/** Fingerprints are written with colons, blanks and capitals. */
function normal(text: string): string {
  return text.replaceAll(/[\s:]/g, '').toLowerCase();
}
