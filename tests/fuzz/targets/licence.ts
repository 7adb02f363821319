import { decodeCbor } from '#wire/cbor.ts';
import { decodeSign1, encodeSign1 } from '#wire/cose-sign1.ts';
import { messages } from '#wire/messages.ts';
import { cellWorld } from '#tests/support/cell/cell-world.ts';
import type { TestCell } from '#tests/support/cell/test-cell.ts';
import { sha256 } from '#wire/signed-message.ts';
import { seedsOf } from '../corpus.ts';
import type { Target } from '../fuzz.ts';

const { maxBytes } = messages.LICENCE;
const type = 'application/decant-licence+cbor';

/** The opening of a signed message as far as anybody's bytes get: COSE_Sign1, protected header, CBOR of the payload. */
export function licenceTarget(): Target {
  return {
    name: 'licence',
    seeds: seedsOf('licence'),
    codes: ['message/malformed', 'message/too-large'],
    feed(bytes) {
      const { payload } = decodeSign1(bytes, maxBytes);
      decodeCbor(payload, maxBytes);
      return true;
    },
  };
}

/** Licences that licensing did sign, handed to a running cell. */
export async function signedLicenceTarget(): Promise<Target & AsyncDisposable> {
  const world = await cellWorld('stub');
  const { market, drink, machine } = world;
  let cell = await world.ready();
  const { message } = await cell.order();
  const kids = cell.freeKids(2);
  const claims = await market.claims(machine, drink, { order: sha256(message) }, kids);
  const good = await market.licence(claims);
  await cell[Symbol.asyncDispose]();
  const before = world.disk.copy();
  const again = async (): Promise<TestCell> => {
    world.disk = before.copy();
    return world.boot();
  };
  cell = await again();
  return {
    name: 'licence that licensing signed',
    seeds: [decodeSign1(good, maxBytes).payload],
    codes: [
      'licence/malformed',
      'licence/not-authentic',
      'licence/other-machine',
      'licence/gap',
      'licence/forked',
      'licence/replayed',
      'licence/order-unknown',
      'licence/key-unknown',
      'licence/key-assigned',
      'licence/manifest-mismatch',
      'licence/terms-unknown',
      'licence/not-yet-valid',
      'licence/expired',
      'recipe/unknown',
      // the author's certificates are judged at the licence's own time
      'recipe/not-authentic',
    ],
    async feed(payload) {
      const licence = await encodeSign1(type, payload, market.licensing.signer);
      const stage = cell.ledger.lastSeq;
      try {
        await cell.ask('licence', { message: licence });
      } finally {
        if (cell.ledger.lastSeq !== stage) {
          await cell[Symbol.asyncDispose]();
          cell = await again();
        }
      }
      return true;
    },
    async [Symbol.asyncDispose]() {
      await cell[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    },
  };
}
