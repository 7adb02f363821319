import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hex } from '#shared/entropy.ts';
import { silentLog } from '#shared/log.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { instant } from '#shared/units.ts';
import { type CellWorld, cellWorld } from '#tests/support/cell/cell-world.ts';
import type { TestCell } from '#tests/support/cell/test-cell.ts';
import { ManualClock } from '#tests/support/manual-clock.ts';
import { MemoryDisk } from '#tests/support/memory-disk.ts';
import { openSpool, type Spool } from './spool.ts';

let world: CellWorld;
let cell: TestCell;
let blank: MemoryDisk;

beforeAll(async () => {
  world = await cellWorld('stub');
  blank = world.disk;
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(async () => {
  world.disk = blank.copy();
  cell = await world.boot();
});
afterEach(() => cell[Symbol.asyncDispose]());

const file = (): Uint8Array => world.drink.file;
const pathOf = (digest: Uint8Array): string => `spool/${hex(digest)}.tdr`;
const begin = async (size = file().length): Promise<Uint8Array> => (await cell.ask('spool_begin', { size })).upload;
const chunk = (upload: Uint8Array, at: number, bytes: Uint8Array) => cell.ask('spool_chunk', { upload, at, bytes });
const end = (upload: Uint8Array) => cell.ask('spool_end', { upload });
const spooled = (): string[] => world.disk.paths.filter((path) => path.startsWith('spool/'));

describe('an uploaded recipe', () => {
  it('is kept under the digest of its manifest', async () => {
    const manifest = await cell.upload(file());
    expect(manifest).toEqual(world.drink.digest);
    expect(spooled()).toEqual([pathOf(manifest)]);
    expect((await cell.ask('status', {})).spooled).toEqual([manifest]);
    expect(world.disk.openFiles).toBe(2);
  });

  it('is on the medium when its digest is answered', async () => {
    await cell.upload(file());
    expect(world.disk.afterPowerCut().bytes(pathOf(world.drink.digest))).toEqual(file());
  });

  it('may come in any order and any portions', async () => {
    const upload = await begin();
    const half = Math.floor(file().length / 2);
    await Promise.all([chunk(upload, half, file().subarray(half)), chunk(upload, 0, file().subarray(0, half))]);
    expect((await end(upload)).manifest).toEqual(world.drink.digest);
  });

  it('may come twice', async () => {
    await cell.upload(file());
    await cell.upload(file());
    expect((await cell.ask('status', {})).spooled).toHaveLength(1);
  });

  it('is found again after a restart', async () => {
    await cell.upload(file());
    await cell[Symbol.asyncDispose]();
    cell = await world.boot();
    expect((await cell.ask('status', {})).spooled).toEqual([world.drink.digest]);
  });

  it('is refused and removed when anything in it is bent, missing or too much', async () => {
    const bent = (at: number): Uint8Array => {
      const bytes = file().slice();
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      return bytes;
    };
    const longer = new Uint8Array([...file(), 0]);
    const cases: [Uint8Array, string][] = [
      [bent(file().length - 1), 'recipe/digest-mismatch'],
      [bent(file().length - 500), 'recipe/digest-mismatch'],
      [bent(0), 'recipe/malformed'],
      [file().subarray(0, -1), 'recipe/malformed'],
      [longer, 'recipe/malformed'],
      [new Uint8Array(10), 'recipe/malformed'],
    ];
    for (const [bytes, code] of cases) {
      const upload = await begin(bytes.length);
      await chunk(upload, 0, bytes);
      await expect(end(upload)).rejects.toMatchObject({ code });
      expect(spooled()).toEqual([]);
    }
    expect((await cell.ask('status', {})).spooled).toEqual([]);
    expect(world.disk.openFiles).toBe(2);
  });

  it('is refused when nobody known has written it', async () => {
    const stranger = await cellWorld('stub');
    await expect(cell.upload(stranger.drink.file)).rejects.toMatchObject({ code: 'recipe/not-authentic' });
    await stranger[Symbol.asyncDispose]();
    expect(spooled()).toEqual([]);
  });

  it('is not larger than it was said to be', async () => {
    const upload = await begin(100);
    await expect(chunk(upload, 90, new Uint8Array(11))).rejects.toMatchObject({ code: 'message/too-large' });
    await expect(chunk(upload, 101, new Uint8Array(0))).rejects.toMatchObject({ code: 'message/too-large' });
  });

  it('takes no chunk after its end was asked for, however many still wait to be written', async () => {
    const upload = await begin();
    const writes = [chunk(upload, 0, file())];
    const ended = end(upload);
    await expect(chunk(upload, 0, new Uint8Array(64))).rejects.toMatchObject({ code: 'recipe/unknown' });
    await Promise.all(writes);
    expect((await ended).manifest).toEqual(world.drink.digest);
    expect(world.disk.bytes(pathOf(world.drink.digest))).toEqual(file());
  });

  it('cannot be ended twice, or without a beginning', async () => {
    const upload = await begin();
    await chunk(upload, 0, file());
    await end(upload);
    await expect(end(upload)).rejects.toMatchObject({ code: 'recipe/unknown' });
    await expect(chunk(new Uint8Array(16), 0, new Uint8Array(1))).rejects.toMatchObject({ code: 'recipe/unknown' });
  });

  it('that cannot be written is told, and removed', async () => {
    const upload = await begin();
    world.disk.refuse = (step) => step === 'write';
    await expect(chunk(upload, 0, file())).rejects.toMatchObject({ code: 'disk/failed' });
    world.disk.refuse = () => false;
    await expect(end(upload)).rejects.toMatchObject({ code: 'recipe/malformed' });
    expect(spooled()).toEqual([]);
  });

  it('that cannot be begun takes no place', async () => {
    world.disk.refuse = (step) => step === 'open';
    for (let i = 0; i < 5; i += 1) await expect(begin()).rejects.toMatchObject({ code: 'disk/failed' });
    world.disk.refuse = () => false;
    await cell.upload(file());
  });
});

describe('an upload', () => {
  it('is not begun for more than a recipe can be', async () => {
    await expect(begin(1 << 20)).rejects.toMatchObject({ code: 'message/too-large' });
    expect(spooled()).toEqual([]);
  });
});

describe('uploads', () => {
  let clock: ManualClock;
  let spool: Spool;
  let disk: MemoryDisk;

  beforeEach(async () => {
    clock = new ManualClock(world.clock.now());
    disk = new MemoryDisk();
    spool = await openSpool({ disk, clock, entropy: systemEntropy, log: silentLog, anchors: world.anchors });
  });

  it('are four at a time', async () => {
    for (let i = 0; i < 4; i += 1) await spool.begin(10);
    await expect(spool.begin(10)).rejects.toMatchObject({ code: 'machine/busy' });
    expect(disk.openFiles).toBe(4);
  });

  it('asked for at once are four, too', async () => {
    const asked = await Promise.allSettled(Array.from({ length: 9 }, () => spool.begin(10)));
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
  });

  it('that were left alone for a minute make room, and are removed', async () => {
    const uploads = [];
    for (let i = 0; i < 4; i += 1) uploads.push(await spool.begin(10));
    clock.advance(59_999);
    const [used = new Uint8Array(16), left = new Uint8Array(16)] = uploads;
    await spool.chunk(used, 0, new Uint8Array(1));
    await expect(spool.begin(10)).rejects.toMatchObject({ code: 'machine/busy' });
    clock.advance(1);
    await spool.begin(10);
    await spool.chunk(used, 1, new Uint8Array(1));
    await expect(spool.chunk(left, 0, new Uint8Array(1))).rejects.toMatchObject({ code: 'recipe/unknown' });
    expect(disk.paths).toHaveLength(2);
    expect(disk.openFiles).toBe(2);
  });

  it('that a power cut left behind are removed at the next start', async () => {
    await spool.begin(10);
    disk.put('spool/notes.txt', new Uint8Array(1));
    const later = disk.afterPowerCut();
    await openSpool({ disk: later, clock, entropy: systemEntropy, log: silentLog, anchors: world.anchors });
    expect(later.paths).toEqual([]);
  });

  it('end when there are as many recipes as the status can name', async () => {
    const names = Array.from({ length: 4096 }, (_, i) => `spool/${i.toString(16).padStart(64, '0')}.tdr`);
    const full = new MemoryDisk(Object.fromEntries(names.map((name) => [name, new Uint8Array(0)])));
    const spoolOf = await openSpool({ disk: full, clock, entropy: systemEntropy, log: silentLog, anchors: {} });
    await expect(spoolOf.begin(10)).rejects.toMatchObject({ code: 'disk/failed' });
  });
});

describe('a recipe in the spool', () => {
  const open = (at = world.clock.now()) => cell.parts.spool.open(world.drink.digest, at);

  beforeEach(() => cell.upload(file()));

  it('is opened with its pieces', async () => {
    await using opened = await open();
    const piece = new Uint8Array(opened.manifest.piece_len);
    await opened.readPiece(0, piece);
    expect(piece).toEqual(file().slice(opened.manifest.length, opened.manifest.length + piece.length));
  });

  it.each([
    ['manifest', 300],
    ['first byte', 0],
    ['body', -100],
  ])('with its %s damaged is refused, removed, and may be fetched again', async (_, at) => {
    const bytes = file().slice();
    const place = at < 0 ? bytes.length + at : at;
    bytes[place] = (bytes[place] ?? 0) ^ 1;
    world.disk.put(pathOf(world.drink.digest), bytes);
    await expect(open()).rejects.toMatchObject({
      code: expect.stringMatching(/^recipe\/(malformed|digest-mismatch)$/) as string,
    });
    expect(spooled()).toEqual([]);
    expect((await cell.ask('status', {})).spooled).toEqual([]);
    await expect(open()).rejects.toMatchObject({ code: 'recipe/unknown' });
    expect(world.disk.openFiles).toBe(2);
    await cell.upload(file());
    await using _opened = await open();
  });

  it('that takes the place of another is refused', async () => {
    const other = await world.seal({ recipe_id: '0f0e0d0c0b0a09080706050403020100' });
    world.disk.put(pathOf(world.drink.digest), other.file);
    await expect(open()).rejects.toMatchObject({ code: 'recipe/digest-mismatch' });
  });

  it('whose author is no longer believed is refused, and stays', async () => {
    const inTwoYears = instant(world.clock.now() + 2 * 365 * 24 * 3600 * 1000);
    await expect(open(inTwoYears)).rejects.toMatchObject({ code: 'recipe/not-authentic' });
    const { spool } = cell.parts;
    await expect(spool.manifest(world.drink.digest, inTwoYears)).rejects.toMatchObject({
      code: 'recipe/not-authentic',
    });
    expect((await spool.manifest(world.drink.digest, world.clock.now())).digest).toEqual(world.drink.digest);
    expect(world.disk.openFiles).toBe(2);
  });
});
