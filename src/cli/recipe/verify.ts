import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { recipeName } from '#recipes/manifest.ts';
import { openSealedFile } from '#recipes/sealed-file.ts';
import { hex } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { fillHoles } from '#wire/sentences/sentence-for.ts';
import { readDer } from '../console/files.ts';
import { consoleLanguage } from '../console/language.ts';
import { noMoreThan, required } from '../console/options.ts';
import { demoPlace } from '../demo/demo-place.ts';
import { textsFor } from '../texts/texts.ts';
import { sealedInput } from './sealed-input.ts';

/** `decant recipe verify`: author's signature, certificate chain, form and the digest of every piece. */
export async function verifyRecipe(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { 'author-root': { type: 'string' }, json: { type: 'boolean', default: false } },
  });
  noMoreThan(1, positionals);
  const file = required(positionals[0], 'FILE.tdr');
  await using bytes = await sealedInput(file);
  const root = await readDer(values['author-root'] ?? demoAuthorRoot());
  const sealed = await openSealedFile(bytes, { author: [root] }, systemClock.now());
  await sealed.verifyBody();
  const { manifest } = sealed;
  const { name, author, version, piece_count: pieces } = manifest;
  const told = { recipe: recipeName(manifest), version, name, author, pieces, manifest: hex(manifest.digest) };
  const sentence = fillHoles(textsFor(consoleLanguage()).recipe.verified, { file, ...told });
  process.stdout.write(`${values.json ? JSON.stringify(told) : sentence}\n`);
  return 0;
}

/** Nobody's word is taken for a root: without one that was named, only the demonstration's own maker counts. */
function demoAuthorRoot(): string {
  const { maker } = demoPlace(process.env['DECANT_STATE'] ?? '.decant');
  const path = join(maker, 'certificates', 'author-root.der');
  if (!existsSync(path)) throw new Failure('usage/option-missing', { option: '--author-root' });
  return path;
}
