import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { Failure } from '#shared/failure.ts';
import { localText } from '#wire/screen-api.ts';
import { instructions } from './instructions.ts';
import { ingredientId } from './manifest-schema.ts';
import { maxDoses, timings } from './record.ts';

const names = <T extends string>(table: Record<T, number>): [T, ...T[]] => Object.keys(table) as [T, ...T[]];

const millilitres = z.number().min(5).max(1000).multipleOf(0.5);
const seconds = z.number().min(0.5).max(60).multipleOf(0.5);

const pour = z.strictObject({
  pour: z
    .record(ingredientId, millilitres)
    .refine((doses) => Object.keys(doses).length >= 1 && Object.keys(doses).length <= maxDoses, {
      error: `1 to ${maxDoses} ingredients`,
    })
    .meta({ description: 'Millilitres of each ingredient', minProperties: 1, maxProperties: maxDoses }),
  timing: z.enum(names(timings)).default('machine').meta({
    description:
      'machine: it decides. together: all start at once. same_end: all start and end at once. one_after_other.',
  }),
  pause_s: seconds.optional().meta({ description: 'Seconds to wait when it is poured' }),
});
const pause = z.strictObject({ pause_s: seconds });
const manual = z.strictObject({ manual: z.enum(names(instructions)) });

/** A recipe as its author writes it. */
export const sourceSchema = z
  .strictObject({
    slug: z.string().regex(/^[a-z0-9-]{1,64}$/),
    recipe_id: z
      .string()
      .regex(/^[0-9a-f]{32}$/)
      .meta({ description: 'Made once, kept for all versions: 16 random bytes, hexadecimal' }),
    version: z.int().min(1).max(0xffff_ffff),
    name: localText,
    description: localText,
    machine_class: z.literal('beverage').default('beverage'),
    min_runtime: z
      .string()
      .regex(/^\d{1,4}\.\d{1,4}\.\d{1,4}$/)
      .default('0.1.0'),
    glass: z.strictObject({
      kind: z.enum([
        'highball',
        'tumbler',
        'coupe',
        'martini',
        'flute',
        'wine',
        'hurricane',
        'collins',
        'mug',
        'goblet',
        'sling',
        'jar',
      ]),
      volume_ml: z.int().min(50).max(1000),
      ice: z.enum(['none', 'cubes', 'crushed']).default('none'),
    }),
    accent: z
      .string()
      .regex(/^#[0-9a-f]{6}$/)
      .meta({ description: 'A colour of the picture' }),
    steps: z
      .array(z.union([pour, pause, manual]))
      .min(1)
      .max(64),
    price_sat: z.int().min(0).max(100_000_000).meta({ description: 'What one use costs' }),
    min_profile: z.enum(['H', 'S']).default('H').meta({ description: 'H: only tokens that never show the key' }),
  })
  .meta({ title: 'Decant recipe source' });

export type RecipeSource = z.infer<typeof sourceSchema>;
export type SourceStep = RecipeSource['steps'][number];

/**
 * The recipe in a YAML text.
 * @throws Failure `recipe/source-invalid` {line, at, reason}
 */
export function readSource(text: string): RecipeSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const [broken] = document.errors;
  if (broken !== undefined) throw invalid(lines.linePos(broken.pos[0]).line, '', broken.message);
  const value: unknown = document.toJS({ maxAliasCount: 0 });
  const parsed = sourceSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, message } = firstMistake(value, parsed.error);
  throw invalid(lineOf(document, lines, path), path.join('.'), message);
}

/** The JSON schema that editors complete a source by (draft 2020-12). */
export function sourceJsonSchema(): object {
  return z.toJSONSchema(sourceSchema, { io: 'input' });
}

/** What is wrong first. Of a step it is judged by what the step wants to be: of three kinds that it is none of, the reader learns nothing. */
function firstMistake(
  value: unknown,
  error: z.ZodError,
): { readonly path: readonly PropertyKey[]; readonly message: string } {
  const [{ path, message } = { path: [], message: 'not as the schema says' }] = error.issues;
  const [steps, index] = path;
  if (steps !== 'steps' || typeof index !== 'number') return { path, message };
  const step = (value as { readonly steps: readonly unknown[] }).steps[index];
  const has = (key: string): boolean => typeof step === 'object' && step !== null && key in step;
  const kind: z.ZodType = has('pour') ? pour : has('manual') ? manual : pause;
  const [sharper] = kind.safeParse(step).error?.issues ?? [];
  return sharper === undefined
    ? { path, message }
    : { path: [steps, index, ...sharper.path], message: sharper.message };
}

type Document = ReturnType<typeof parseDocument>;

/** The line of the deepest node on the way to `path`. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const node: unknown = document.getIn(path.slice(0, depth), true);
    const range = (node as { range?: [number, number, number] } | undefined)?.range;
    if (range !== undefined) return lines.linePos(range[0]).line;
  }
  return 1;
}

function invalid(line: number, at: string, reason: string): Failure {
  return new Failure('recipe/source-invalid', { line, at, reason });
}
