import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { manifestItem } from '#recipes/manifest.ts';
import { recordBytes, writeCheck, writeDispense, writeEnd, writeManual, writePause } from '#recipes/record.ts';
import { encodeCbor } from '#wire/cbor.ts';
import { maxFrameBytes } from '#wire/cell-api.ts';
import { sha256 } from '#wire/signed-message.ts';
import { cellWorld } from '#tests/support/cell/cell-world.ts';
import { oneDrink } from '#tests/support/journal-story.ts';

/** `node tests/fuzz/fill-corpus.ts`: writes the valid seeds anew; what was found stays. */
const put = (name: string, file: string, bytes: Uint8Array): void => {
  const folder = new URL(`corpus/${name}/`, import.meta.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL(file, folder), bytes);
};

function manifests(): void {
  const folder = new URL('../../recipes/must-fail/', import.meta.url);
  const kept = [
    'good.tdr',
    ...readdirSync(folder)
      .filter((name) => /^(label|layer|bound|ingredient)/.test(name))
      .slice(0, 6),
  ];
  for (const name of kept) {
    const item = manifestItem(new Uint8Array(readFileSync(new URL(name, folder))));
    put('manifest', name.replace('.tdr', '.cbor'), item);
  }
}

function records(): void {
  const record = new DataView(new ArrayBuffer(recordBytes));
  const keep = (name: string, ...place: number[]): void =>
    put('record', name, Uint8Array.of(...place, ...new Uint8Array(record.buffer)));
  writeCheck(record, 8, new Uint8Array(16).fill(7), 3);
  keep('check.bin', 0, 8, 4);
  const doses = [3, 0, 1, 2].map((slot) => ({ slot, amountUl: 20_000 + 7001 * slot, flowHint: 40 * (slot % 2) }));
  for (const timing of ['machine', 'together', 'same_end', 'one_after_other'] as const) {
    writeDispense(record, timing, doses, 250);
    keep(`dispense-${timing}.bin`, 3, 8, 4);
  }
  writePause(record, 2000);
  keep('pause.bin', 2, 8, 4);
  writeManual(record, 1);
  keep('manual.bin', 4, 8, 4);
  writeEnd(record);
  keep('end.bin', 7, 8, 4);
}

function journals(): void {
  for (const [i, entry] of oneDrink.entries())
    put('journal', `${String(i).padStart(2, '0')}-${entry.kind}.cbor`, encodeCbor(entry));
}

function requests(): void {
  const order = '00000000-0000-4000-8000-000000000001';
  const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(9);
  const bodies: Record<string, object> = {
    status: {},
    prekeys: {},
    prekeys_booked: { digest: bytes(32) },
    offer_nonce: { recipe: bytes(16), version: 3 },
    order: { order, offer: bytes(60) },
    spool_begin: { size: 4096 },
    spool_chunk: { upload: bytes(16), at: 12, bytes: bytes(100) },
    spool_end: { upload: bytes(16) },
    licence: { message: bytes(80) },
    reserve: { order },
    start: { order },
    stop: { order },
    outcome: { order },
    outcome_booked: { order, message: bytes(40) },
    head_answer: { message: bytes(40) },
    tls_grant: { spki: bytes(32), nonce: bytes(16) },
    stock_set: { line: 1, stock_ul: 500_000, who: 'ada' },
  };
  for (const [op, body] of Object.entries(bodies)) {
    const frame = encodeCbor({ id: 7, op, body });
    if (frame.length < maxFrameBytes) put('cell-api', `${op}.cbor`, frame);
  }
}

async function licences(): Promise<void> {
  await using world = await cellWorld('stub');
  await using cell = await world.ready();
  const { message } = await cell.order();
  const claims = await world.market.claims(world.machine, world.drink, { order: sha256(message) }, cell.freeKids(2));
  put('licence', 'two-uses.cbor', await world.market.licence(claims));
  const replacing = await world.market.claims(
    world.machine,
    world.drink,
    { replaces: sha256(message) },
    cell.freeKids(1),
  );
  put('licence', 'in-place-of-a-void-one.cbor', await world.market.licence(replacing));
}

manifests();
records();
journals();
requests();
await licences();
