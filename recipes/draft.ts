import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { Failure } from '#shared/failure.ts';
import type { Imported, ImportedStep } from './import-2018.ts';
import { ingredientId } from './manifest-schema.ts';

/** What the author is told in the draft, in the language that they read. */
export interface DraftWords {
  readonly fillIn: string;
  readonly unnamed: string;
  readonly glass: string;
}

/**
 * A recipe source as its author finishes it: what nobody but them knows is left empty, and is refused by `readSource` until they
 * have filled it in.
 * @param recipeId 16 fresh random bytes, hexadecimal
 */
export function draftSource(imported: Imported, slug: string, recipeId: string, words: DraftWords): string {
  const { steps, unnamed, totalMl } = imported;
  const fill = `# ${words.fillIn}`;
  return `# yaml-language-server: $schema=recipe-source.schema.json
slug: ${plain(slug)}
recipe_id: '${recipeId}'
version: 1
name: {de: , en: } ${fill}
description: ${fill}
  de:
  en:
glass: {kind: , volume_ml: ${Math.max(50, Math.ceil(totalMl / 10) * 10)}, ice: none} # ${words.glass}
accent: ${fill}
price_sat: ${fill}
${unnamed.map((id) => `# ${id}: ${words.unnamed}\n`).join('')}steps:
${steps.map(stepText).join('')}`;
}

/** Ids of ours for ids of a foreign recipe, from YAML. @throws Failure `recipe/source-invalid` */
export function readNames(text: string): ReadonlyMap<string, string> {
  const read = z.record(z.string().min(1).max(64), ingredientId).safeParse(parsed(text));
  if (read.success) return new Map(Object.entries(read.data).map(([theirs, ours]) => [theirs.toLowerCase(), ours]));
  const [issue] = read.error.issues;
  throw new Failure('recipe/source-invalid', { at: issue?.path.join('.') ?? '', reason: issue?.message ?? '' });
}

function parsed(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 0 });
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : '';
    throw new Failure('recipe/source-invalid', { at: 'the ingredients', reason }, error);
  }
}

function stepText({ pour, timing, pauseMs }: ImportedStep): string {
  const doses = [...pour].map(([id, ml]) => `${plain(id)}: ${ml}`).join(', ');
  const pause = pauseMs === 0 ? '' : `    pause_s: ${pauseMs / 1000}\n`;
  return `  - pour: {${doses}}\n    timing: ${timing}\n${pause}`;
}

/** Quoted where YAML would read a number or a truth value. */
function plain(text: string): string {
  return stringify(text).trim();
}
