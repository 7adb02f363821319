import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isFailure } from '#shared/failure.ts';
import { type CellWorld, cellWorld } from '#tests/support/cell/cell-world.ts';
import type { TestCell } from '#tests/support/cell/test-cell.ts';
import { paperMachine, type Person } from '#tests/support/marketplace/people.ts';
import { decodeCbor, encodeCbor } from '#wire/cbor.ts';
import { decodeSign1, encodeSign1 } from '#wire/cose-sign1.ts';
import { messages, type Payload } from '#wire/messages.ts';
import { sha256 } from '#wire/signed-message.ts';

/** What can be wrong with a licence, in the order in which licence.md has it checked, and what is said then. */
const faults = [
  ['size', 'licence/malformed', /"limit":\d+/],
  ['cbor', 'licence/malformed', /"reason":/],
  ['type', 'licence/not-authentic', /not a LICENCE/],
  ['algorithm', 'licence/not-authentic', /never signed with/],
  ['role', 'licence/not-authentic', /role|licensing/],
  ['signature', 'licence/not-authentic', /the signature is wrong/],
  ['form', 'licence/malformed', /not as the schema says/],
  ['machine', 'licence/other-machine', /other-machine/],
  ['number', 'licence/gap', /"seq":7/],
  ['cti', 'licence/replayed', /.*/],
  ['order', 'licence/order-unknown', /.*/],
  ['key', 'licence/key-assigned', /.*/],
  ['manifest', 'licence/manifest-mismatch', /.*/],
  ['terms', 'licence/terms-unknown', /for_ever/],
  ['time', 'licence/not-yet-valid', /.*/],
] as const;
type Fault = (typeof faults)[number][0];

let world: CellWorld;
let cell: TestCell;
let first: Payload<'LICENCE'>;
let good: Payload<'LICENCE'>;
let otherAlgorithm: Person;
let neither: Person;

beforeAll(async () => {
  world = await cellWorld('stub');
  cell = await world.ready();
  await cell.tellTime();
  const next = async (seq: number): Promise<Payload<'LICENCE'>> => {
    const because = { order: sha256((await cell.order()).message) };
    return world.market.claims(world.machine, world.drink, because, cell.freeKids(1), { seq });
  };
  first = await next(1);
  await cell.ask('licence', { message: await world.market.licence(first) });
  good = await next(2);
  otherAlgorithm = await paperMachine(world.market.ca, 'Paper licensing', 'H', 'licensing');
  neither = await paperMachine(world.market.ca, 'Paper machine', 'H', 'machine');
});
afterAll(async () => {
  await cell[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

/** The good licence with all of these faults at once. */
async function withFaults(wrong: ReadonlySet<Fault>): Promise<Uint8Array> {
  const has = (fault: Fault): boolean => wrong.has(fault);
  const claims: Payload<'LICENCE'> = {
    ...good,
    ...(has('machine') ? { sub: 'other-machine' } : {}),
    ...(has('number') ? { seq: 7 } : {}),
    ...(has('cti') ? { cti: first.cti } : {}),
    ...(has('order') ? { order: new Uint8Array(32) } : {}),
    ...(has('key') ? { slots: first.slots } : {}),
    ...(has('manifest') ? { manifest: new Uint8Array(32) } : {}),
    ...(has('terms') ? { terms: { kind: 'for_ever', max_unsynced: 1 } } : {}),
    ...(has('time') ? { nbf: good.iat + 3600 } : {}),
  };
  const payload = await formOf(claims, has('form'));
  const { catalogue, licensing } = world.market;
  const es256 = has('role') ? catalogue : licensing;
  const ps256 = has('role') ? neither : otherAlgorithm;
  const type = has('type') ? 'application/decant-offer+cbor' : 'application/decant-licence+cbor';
  const { signer } = has('algorithm') ? ps256 : es256;
  const message = (await encodeSign1(type, payload, signer)).slice();
  const last = message.length - 1;
  if (has('signature')) message[last] = (message[last] ?? 0) ^ 1;
  const cut = has('cbor') ? message.subarray(0, last - 1) : message;
  return has('size') ? new Uint8Array([...cut, ...new Uint8Array(messages.LICENCE.maxBytes)]) : cut;
}

/** The claims as they stand under the signature; with a field too many when they are to be malformed. */
async function formOf(claims: Payload<'LICENCE'>, isWrong: boolean): Promise<Uint8Array> {
  const { payload } = decodeSign1(await world.market.licence(claims), messages.LICENCE.maxBytes);
  if (!isWrong) return payload;
  const map = decodeCbor(payload, messages.LICENCE.maxBytes) as Map<unknown, unknown>;
  return encodeCbor(new Map([...map, ['more', 1]]));
}

async function said(wrong: readonly Fault[]): Promise<{ code: string; facts: string }> {
  try {
    await cell.ask('licence', { message: await withFaults(new Set(wrong)) });
    return { code: 'accepted', facts: '' };
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { code: error.code, facts: JSON.stringify(error.facts) };
  }
}

describe('the checks of a licence on arrival', () => {
  it.each(faults)('find %s wrong alone: %s', async (fault, code, facts) => {
    const told = await said([fault]);
    expect(told.code).toBe(code);
    expect(told.facts).toMatch(facts);
    expect(cell.ledger.lastSeq).toBe(1);
  });

  it('say of any two the one that is checked first', async () => {
    for (const [i, [one, code, facts]] of faults.entries()) {
      for (const [other] of faults.slice(i + 1)) {
        const told = await said([other, one]);
        expect({ one, other, code: told.code }).toEqual({ one, other, code });
        expect(told.facts).toMatch(facts);
      }
    }
  });

  it('say of any number of them the one that is checked first, and store nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(faults.length - 1), { minLength: 1 }), async (chosen) => {
        const wrong = chosen.flatMap((n) => faults[n]?.[0] ?? []);
        const [, code, facts] = faults[Math.min(...chosen)] ?? faults[0];
        const told = await said(wrong);
        expect(told.code).toBe(code);
        expect(told.facts).toMatch(facts);
        expect([cell.ledger.lastSeq, cell.ledger.licences.size]).toEqual([1, 1]);
      }),
      { numRuns: 60 },
    );
  });

  it('accept it when nothing is wrong', async () => {
    expect(await said([])).toEqual({ code: 'accepted', facts: '' });
    expect(cell.ledger.lastSeq).toBe(2);
  });
});
