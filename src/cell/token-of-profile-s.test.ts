import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CellWorld, cellWorld } from '#tests/support/cell/cell-world.ts';

// The certificate says profile H. What an author or a marketplace asks of the profile is tested in purchase and meddled-recipe.
let world: CellWorld;

beforeAll(async () => {
  world = await cellWorld('stub');
});
afterAll(() => world[Symbol.asyncDispose]());

test.each(['H', 'S'] as const)('a machine whose token is of profile %s counts as no better', async (profile) => {
  Object.defineProperty(world.token, 'profile', { get: () => profile, configurable: true });
  await using cell = await world.boot();
  expect(cell.parts.identity.profile).toBe(profile);
  expect(await cell.ask('status', {})).toMatchObject({ token: { profile } });
});
