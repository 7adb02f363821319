import { createPublicKey } from 'node:crypto';
import { jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CellWorld, cellWorld } from '#tests/support/cell/cell-world.ts';
import type { TestCell } from '#tests/support/cell/test-cell.ts';

let world: CellWorld;
let cell: TestCell;

beforeAll(async () => {
  world = await cellWorld('stub');
  cell = await world.boot();
});
afterAll(async () => {
  await cell[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

describe('a client assertion', () => {
  const verified = async () => {
    const { issuer, jwt } = await cell.ask('client_assertion', {});
    const key = createPublicKey({ key: Buffer.from(world.token.publicKey('identity')), format: 'der', type: 'spki' });
    const { payload, protectedHeader } = await jwtVerify(jwt, key, { audience: issuer, algorithms: ['RS256'] });
    return { issuer, payload, protectedHeader };
  };

  it('is a JWT of the machine for the pinned issuer, valid for less than a minute', async () => {
    const { issuer, payload, protectedHeader } = await verified();
    expect(issuer).toBe('https://paper.test');
    expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'JWT' });
    expect(payload).toMatchObject({ iss: world.machine, sub: world.machine, aud: issuer });
    expect(Object.keys(payload).sort()).toEqual(['aud', 'exp', 'iat', 'iss', 'jti', 'sub']);
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(50);
    expect(Math.abs((payload.iat ?? 0) * 1000 - world.clock.now())).toBeLessThan(5000);
  });

  it('has an id of its own each time', async () => {
    const [one, other] = await Promise.all([verified(), verified()]);
    expect(one.payload.jti).toMatch(/^[0-9a-f]{32}$/);
    expect(one.payload.jti).not.toBe(other.payload.jti);
  });
});
