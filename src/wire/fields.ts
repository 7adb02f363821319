import { z } from 'zod';

/** Fields that messages share. All numbers are whole; times are milliseconds since 1970 unless the name says seconds. */

export const bytesOf = (length: number) =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === length, {
    error: `must be ${length} bytes`,
  });
export const bytesUpTo = (limit: number) =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length <= limit, {
    error: `must be at most ${limit} bytes`,
  });

export const machineId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/);
export const recipeId = bytesOf(16);
export const version = z.int().min(1).max(0xffff_ffff);
export const digest = bytesOf(32);
/** SHA-256 of a prekey's SubjectPublicKeyInfo. */
export const keyId = bytesOf(32);
export const nonce = bytesOf(16);
export const time = z.int().min(0);
export const count = z.int().min(0);
export const sat = z.int().min(0);
export const microlitre = z.int().min(0).max(10_000_000);
export const journalHead = z.strictObject({ index: count, head: digest });
export const slug = z.string().regex(/^[a-z0-9-]{1,64}$/);
