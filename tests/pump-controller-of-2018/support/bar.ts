import { expect } from 'vitest';
import type { ContentKey } from '#recipes/content-key.ts';
import { manifestItem, peekManifest } from '#recipes/manifest.ts';
import { nodeSealCrypto } from '#recipes/node-seal-crypto.ts';
import type { SealedRecords } from '#recipes/seal-records.ts';
import type { RecipeSource } from '#recipes/source.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { type CellWorld, cellWorld, classKeyLabel } from '#tests/support/cell/cell-world.ts';
import { type CellSurroundings, TestCell } from '#tests/support/cell/test-cell.ts';
import { startOfTest } from '#tests/support/marketplace/people.ts';
import type { MemoryDisk } from '#tests/support/memory-disk.ts';
import { Forge } from '#tests/support/must-fail/forge.ts';
import { fewIngredients, testSource } from '#tests/support/sealed-drink.ts';
import type { BatchResult } from '#wire/cell-api.ts';
import type { MachineConfig } from '#wire/machine-config.ts';

/** The next guest's drink, another recipe: what each line of the machine has to pour of it, µl (cola, milk, orange juice, vodka). */
const nextGuest: Partial<RecipeSource> = { recipe_id: '0f0e0d0c0b0a09080706050403020100' };
const nextDoses = [70_000, 20_000, 61_500, 40_000];
/** By the calibration, to the rounding of one step. */
const exactUl = 2;

/**
 * A provisioned machine without noise, an author whom it believes and who seals whatever a test wants, and the next guest.
 * Record 1 of the drink pours orange juice and vodka (`same_end`), 4 cola and milk; 2 asks for ice, 3 waits.
 */
export class Bar implements AsyncDisposable {
  readonly world: CellWorld;
  readonly forge: Forge;
  readonly #next: SealedRecords;
  readonly #blank: MemoryDisk;

  private constructor(world: CellWorld, forge: Forge, next: SealedRecords) {
    this.world = world;
    this.forge = forge;
    this.#next = next;
    this.#blank = world.disk;
  }

  static async open(): Promise<Bar> {
    await using stack = new AsyncDisposableStack();
    const world = stack.use(await cellWorld('soft'));
    const forge = await Forge.of({
      source: testSource(),
      ingredients: fewIngredients,
      authorName: world.author.name,
      author: world.author.signer,
      classKey: world.token.publicKey(classKeyLabel),
      now: startOfTest,
      entropy: systemEntropy,
      crypto: nodeSealCrypto,
    });
    const bar = new Bar(world, forge, await world.seal(nextGuest));
    stack.move();
    return bar;
  }

  /** A machine that was just switched on, on a disk of its own, where the drink as it should be is sold. */
  async machine(changes: Partial<MachineConfig> = {}): Promise<BarMachine> {
    const { world } = this;
    const surroundings = { ...world, disk: this.#blank.copy() };
    const cell = await TestCell.boot(surroundings, { ...world.config, ...changes });
    const machine = new BarMachine(surroundings, world.config, cell, this.forge, this.#next);
    await cell.sendPrekeys();
    await cell.ask('revocations', { message: await world.market.statusList() });
    return machine;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.world[Symbol.asyncDispose]();
  }
}

type Surroundings = Omit<CellSurroundings, 'drink'> & { drink: SealedRecords };

/** A running cell, and what flows from its lines. */
export class BarMachine implements AsyncDisposable {
  readonly #surroundings: Surroundings;
  readonly #config: MachineConfig;
  readonly #forge: Forge;
  readonly #next: SealedRecords;
  #cell: TestCell;

  constructor(surroundings: Surroundings, config: MachineConfig, cell: TestCell, forge: Forge, next: SealedRecords) {
    this.#surroundings = surroundings;
    this.#config = config;
    this.#cell = cell;
    this.#forge = forge;
    this.#next = next;
  }

  get cell(): TestCell {
    return this.#cell;
  }

  /** Switches it off and on, with another configuration. */
  async restart(changes: Partial<MachineConfig>): Promise<void> {
    await this.#cell[Symbol.asyncDispose]();
    this.#cell = await TestCell.boot(this.#surroundings, { ...this.#config, ...changes });
  }

  /** From now on this drink is sold. */
  offer(drink: SealedRecords): SealedRecords {
    this.#surroundings.drink = drink;
    return drink;
  }

  /** What came out of each line since the machine was switched on, µl. */
  get poured(): readonly number[] {
    return this.cell.dispenser.weigh();
  }

  /** The drink with these records in place of its own, rightly sealed and signed; bought, licensed, and poured as far as it goes. */
  async pourWith(records: Readonly<Record<number, (record: DataView) => void>>): Promise<BatchResult> {
    const pieces = this.#forge.pieces.map((piece, index) => {
      const write = records[index];
      if (write === undefined) return piece;
      const bytes = this.#forge.record(index);
      write(new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
      return this.#forge.piece(index, bytes);
    });
    return this.pourFile(await this.#forge.file(pieces));
  }

  /** A file that the author signed; bought, licensed, and poured as far as it goes. */
  pourFile(file: Uint8Array): Promise<BatchResult> {
    const { digest, ...manifest } = peekManifest(manifestItem(file));
    const wrapTo: ContentKey['wrapTo'] = (spki, crypto) => crypto.wrapKey(spki, this.#forge.keys.lic);
    const contentKey = { wrapTo } as ContentKey;
    return this.pour({ ...this.#next, file, digest, manifest, contentKey });
  }

  /** Pours the next guest's drink on the same machine, and holds each line against the recipe. */
  async nextPoursExactly(): Promise<void> {
    const before = this.poured;
    expect(await this.pour(this.#next)).toMatchObject({ result: 'ok', ordered_ul: 191_500, delivered_ul: 191_500 });
    const flowed = this.poured.map((ul, line) => ul - (before[line] ?? 0));
    expect(flowed).toHaveLength(nextDoses.length);
    for (const [line, ul] of flowed.entries()) {
      expect(Math.abs(ul - (nextDoses[line] ?? 0)), `line ${line + 1} poured ${ul} µl`).toBeLessThanOrEqual(exactUl);
    }
    expect(await this.cell.dispenser.readBack()).toBe(0);
  }

  /** Nothing has moved since the machine was switched on, and nothing is left open or on. */
  async stoodStill(): Promise<void> {
    expect(this.poured).toEqual([0, 0, 0, 0]);
    expect(await this.cell.dispenser.readBack()).toBe(0);
    expect(this.cell.parts.mixer.idle).toBe(true);
    expect(this.cell.broken).toEqual([]);
  }

  /** A sealed drink; bought, licensed, and poured as far as it goes. */
  async pour(drink: SealedRecords): Promise<BatchResult> {
    this.offer(drink);
    await this.cell.upload(drink.file);
    await this.cell.sendPrekeys();
    return this.cell.pour();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cell[Symbol.asyncDispose]();
  }
}
