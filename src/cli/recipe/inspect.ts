import { parseArgs } from 'node:util';
import { type LeakInterval, leakOf } from '#recipes/leak.ts';
import { manifestItem, peekManifest, recipeName } from '#recipes/manifest.ts';
import type { Manifest } from '#recipes/manifest-schema.ts';
import { readStart } from '#recipes/sealed-file.ts';
import { hex } from '#shared/entropy.ts';
import { consoleLanguage } from '../console/language.ts';
import { noMoreThan, required } from '../console/options.ts';
import { machinePlace } from '../machine-place.ts';
import { askCell } from '../service-client.ts';
import type { ConsoleTexts } from '../texts/console-texts.ts';
import { textsFor } from '../texts/texts.ts';
import { ingredientCatalogue } from './catalogue.ts';
import { fitOf, fitRows, plainFit } from './fits.ts';
import { sealedInput } from './sealed-input.ts';

/** `decant recipe inspect`: the public part of a sealed recipe, what follows from it, and whether a machine can make it. */
export async function inspectRecipe(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      leak: { type: 'boolean', default: false },
      ingredients: { type: 'string' },
      fits: { type: 'boolean', default: false },
      state: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  noMoreThan(1, positionals);
  await using file = await sealedInput(required(positionals[0], 'FILE.tdr'));
  const manifest = peekManifest(manifestItem(await readStart(file)));
  const leak = values.leak ? leakOf(manifest, await ingredientCatalogue(values.ingredients)) : null;
  const fit = values.fits
    ? fitOf(manifest, await askCell(machinePlace(values.state).serviceSocket, 'status', {}))
    : null;
  const language = consoleLanguage();
  const text = values.json
    ? JSON.stringify({ ...plain(manifest, leak), ...(fit === null ? {} : { fits: plainFit(fit) }) })
    : [
        describe(manifest, leak, textsFor(language)),
        ...(fit === null ? [] : ['', ...fitRows(fit, manifest, textsFor(language).recipe, language)]),
      ].join('\n');
  process.stdout.write(`${text}\n`);
  return 0;
}

type Peeked = ReturnType<typeof peekManifest>;

function plain(manifest: Peeked, leak: readonly LeakInterval[] | null) {
  const { name, author, version, machine_class, created, min_runtime, min_profile, ingredients, bounds, label } =
    manifest;
  return {
    recipe: recipeName(manifest),
    version,
    name,
    author,
    machine_class,
    created,
    min_runtime,
    min_profile,
    ingredients,
    bounds,
    label,
    piece_count: manifest.piece_count,
    class_key: hex(manifest.class_key),
    recipients: manifest.layers[0].recipients.length,
    manifest: hex(manifest.digest),
    ...(leak === null
      ? {}
      : {
          leak: leak.map(({ ingredient, minUl, maxUl, narrow }) => ({
            ingredient,
            min_ul: minUl,
            max_ul: maxUl,
            narrow,
          })),
        }),
  };
}

const millilitres = (ul: number): string => `${ul / 1000} ml`;

function describe(manifest: Peeked, leak: readonly LeakInterval[] | null, { recipe: words }: ConsoleTexts): string {
  const { bounds, label, ingredients } = manifest;
  const rows = [
    [words.total, millilitres(bounds.total_ul)],
    [words.duration, `${bounds.duration_ms / 1000} s`],
    [words.pieces, `${manifest.piece_count} × ${manifest.piece_len} B`],
    [words.allergens, label.allergens.join(', ') || words.none],
    [words.alcohol, `${label.abv} %`],
    [words.class, manifest.machine_class],
    [words.ingredients, ingredients.map(({ id, max_ul: max }) => `${id} ${words.upTo} ${millilitres(max)}`).join(', ')],
    [words.digest, hex(manifest.digest)],
  ] as const;
  const width = Math.max(...rows.map(([title]) => title.length)) + 2;
  return [
    `${manifest.name}, ${words.version} ${manifest.version}, ${words.by} ${manifest.author} (${words.unverified})`,
    ...rows.map(([title, text]) => title.padEnd(width) + text),
    ...(leak === null ? [] : ['', words.leak, ...leakRows(leak, manifest, words.narrow)]),
  ].join('\n');
}

function leakRows(leak: readonly LeakInterval[], { bounds }: Manifest, narrow: string): string[] {
  const longest = Math.max(...leak.map(({ ingredient }) => ingredient.length)) + 2;
  const width = 30;
  const at = (ul: number): number => Math.round((width * ul) / bounds.total_ul);
  return leak.map(({ ingredient, minUl, maxUl, narrow: isNarrow }) => {
    const bar = `${'·'.repeat(at(minUl))}${'█'.repeat(Math.max(1, at(maxUl) - at(minUl)))}`.padEnd(width, '·');
    const interval = `${millilitres(minUl)} – ${millilitres(maxUl)}`;
    return `  ${ingredient.padEnd(longest)}${bar}  ${interval}${isNarrow ? `  ! ${narrow}` : ''}`;
  });
}
