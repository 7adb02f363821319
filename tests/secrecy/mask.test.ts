import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { entrySchema } from '#cell/journal/entry.ts';
import { manifestSchema } from '#recipes/manifest-schema.ts';
import { cellEvents, cellOperations, serviceOperations } from '#wire/cell-api.ts';
import { messages } from '#wire/messages.ts';
import { masked, opaqueFields } from './support/mask.ts';

/** Every field of a schema, at any depth. */
function fieldsOf(schema: z.ZodType): [string, z.ZodType][] {
  const { shape, element, options, innerType, valueType } = schema.def as unknown as Record<string, unknown>;
  const within = [element, innerType, valueType].filter((one) => one !== undefined) as z.ZodType[];
  const choices = (options ?? []) as z.ZodType[];
  const own = Object.entries((shape ?? {}) as Record<string, z.ZodType>);
  return [...own, ...[...within, ...choices, ...own.map(([, field]) => field)].flatMap(fieldsOf)];
}

const schemas: readonly z.ZodType[] = [
  entrySchema,
  manifestSchema,
  ...Object.values(messages).map(({ schema }) => schema),
  ...Object.values(cellOperations).flatMap(({ request, answer }) => [request, answer]),
  ...Object.values(serviceOperations).flatMap(({ request, answer }) => [request, answer]),
  ...Object.values(cellEvents),
];

describe('what is masked', () => {
  it('is bytes or an id in every schema that has a field of that name, never a number, a time or a text', () => {
    const fields = schemas.flatMap(fieldsOf).filter(([name]) => name in opaqueFields);
    expect(fields.length).toBeGreaterThan(40);
    for (const [name, schema] of fields) {
      for (const told of [0, 38_000, true, 'ok', 'partial', '2026-11-22']) {
        expect(schema.safeParse(told).success, `${name}: ${String(told)}`).toBe(false);
      }
    }
  });

  it('keeps its length, and numbers, times and texts under the same names', () => {
    expect(masked({ digest: new Uint8Array(32), bytes: new Uint8Array(7) })).toEqual({
      digest: '<hash of 32 bytes>',
      bytes: '<ciphertext of 7 bytes>',
    });
    expect(masked({ digest: 5, bytes: 'ab', order: 'c0ffee00' })).toEqual({
      digest: 5,
      bytes: 'ab',
      order: 'c0ffee00',
    });
    expect(masked({ kid: new Uint8Array([1, 2]) })).toEqual({ kid: '0102' });
  });
});
