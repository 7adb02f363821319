import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import type { DemoPlace } from '#cli/demo/demo-place.ts';
import { type CellClient, cellClient } from '#desk/cell/cell-client.ts';
import { softhsmPlace } from '#hsm/softhsm-config.ts';
import { hex } from '#shared/entropy.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { connectUnix } from '#shared/node/unix-socket.ts';
import { machineAtRest } from '#tests/integration/support/cell-alone.ts';
import { entriesOf, journalEntries } from '#tests/integration/support/journal-entries.ts';
import { believe } from '#tests/integration/support/machine-on-paper.ts';
import { PaperMarket } from '#tests/support/cell/paper-market.ts';
import { paperCa, person } from '#tests/support/marketplace/people.ts';
import type { TrustAnchors } from '#wire/certificate-chain.ts';
import { type MachineConfig, machineConfig, type MachineConfigSource } from '#wire/machine-config.ts';
import { openMessage, sha256 } from '#wire/signed-message.ts';
import type { CanaryPhase } from './canary-phases.ts';
import { type CanaryRecipe, canaryRecipe } from './canary-recipe.ts';

const steppedCell = fileURLToPath(new URL('./stepped-cell.ts', import.meta.url));
const machine = 'demo-machine';

export interface CellOptions {
  /** Leaves copies of what should be wiped. */
  readonly leaky?: boolean;
  /** More flags for Node. */
  readonly flags?: readonly string[];
}

/** Where a cell stands when its clock stands still. */
export interface Standing {
  /** Bit n: pump n runs. */
  readonly outputs: number;
  readonly state: 'idle' | 'pouring' | 'held';
  /** Jobs that the pumps were given: one for each piece that pours, as long as nothing is held. */
  readonly jobs: number;
}

/** A machine with one canary recipe and one use of it, and its cell as a process whose time we let pass. */
export class CanaryMachine implements AsyncDisposable {
  readonly recipe: CanaryRecipe;
  readonly place: DemoPlace;
  readonly config: MachineConfig;
  /** Whom the machine believes as catalogue and licensing. */
  readonly market: PaperMarket;
  /** The order that the machine has a licence for. */
  readonly order: string;
  readonly licence: Uint8Array;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #stack: AsyncDisposableStack;
  readonly #cell: CellClient;

  private constructor(
    parts: Pick<CanaryMachine, 'recipe' | 'place' | 'config' | 'market' | 'order' | 'licence'>,
    process: { child: ChildProcess; lines: AsyncIterator<string>; cell: CellClient },
    stack: AsyncDisposableStack,
  ) {
    this.recipe = parts.recipe;
    this.place = parts.place;
    this.config = parts.config;
    this.#child = process.child;
    this.#lines = process.lines;
    this.#cell = process.cell;
    this.market = parts.market;
    this.order = parts.order;
    this.licence = parts.licence;
    this.#stack = stack;
  }

  static async start(phases: readonly CanaryPhase[], options: CellOptions = {}): Promise<CanaryMachine> {
    await using stack = new AsyncDisposableStack();
    const place = await machineAtRest(stack);
    const config = await roomyConfig(place.config);
    const market = await PaperMarket.open(systemClock);
    const authors = await paperCa('Paper author CA');
    const anchors = await believe(place, market, authors);
    const recipe = await canaryRecipe(phases, place, await person(authors, 'author', 'Paper author'), anchors);
    stack.use(recipe.sealed);
    for (const { message } of entriesOf('PREKEYS', await journalEntries(place.cell))) {
      market.takePrekeys(message, anchors);
    }
    const { child, lines } = await launch(place, options, stack);
    const cell = cellClient(await connectUnix(join(place.sockets, 'cell', 'cell.sock')));
    stack.defer(() => cell.close());
    await upload(cell, recipe.sealed.file);
    const bought = await buy(cell, market, anchors, recipe, await freeKid(place));
    return new CanaryMachine({ recipe, place, config, market, ...bought }, { child, lines, cell }, stack.move());
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Where something may have been written down. */
  get files(): readonly string[] {
    return [this.place.machine, this.place.logs];
  }

  /** Burns the licence and begins to pour; time still stands. */
  async begin(): Promise<void> {
    await this.#cell.ask('reserve', { order: this.order });
    await this.#cell.ask('check', { order: this.order });
    await this.#cell.ask('start', { order: this.order });
  }

  /** Lets `ms` pass. */
  pass(ms: number): Promise<Standing> {
    return this.#tell(String(ms));
  }

  /** Has a leaky cell keep these bytes. */
  leave(bytes: Uint8Array): Promise<Standing> {
    return this.#tell(`leave ${hex(bytes)}`);
  }

  /** Takes the glass away, or puts it back. */
  glass(where: 'gone' | 'back'): Promise<Standing> {
    return this.#tell(`glass ${where}`);
  }

  async #tell(line: string): Promise<Standing> {
    this.#child.stdin?.write(`${line}\n`);
    const answer = await this.#lines.next();
    if (answer.done === true) throw new Error('the cell has ended');
    return JSON.parse(answer.value) as Standing;
  }

  /** Lets time pass until `there`. */
  async until(there: (standing: Standing) => boolean): Promise<void> {
    let standing = await this.pass(0);
    while (!there(standing)) standing = await this.pass(500);
  }

  /** Lets time pass until that piece is open and a pump runs. */
  untilPouring(piece: number): Promise<void> {
    return this.until(({ jobs, outputs }) => jobs === piece && outputs !== 0);
  }

  /** Lets time pass until the drink is poured and written down. */
  untilDone(): Promise<void> {
    return this.until(({ state }) => state === 'idle');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

/** Gives the machine a glass for much, and pumps that are so many times faster than real ones. */
export async function roomyConfig(path: string, speed = 1): Promise<MachineConfig> {
  const source = parse(await readFile(path, 'utf8')) as MachineConfigSource;
  const roomy = {
    ...source,
    limits: { ...source.limits, glass_ul: 3_000_000 },
    simulation: { seed: 1, speed, noise: true },
  };
  await writeFile(path, stringify(roomy));
  return machineConfig.parse(roomy);
}

async function launch(place: DemoPlace, { leaky = false, flags = [] }: CellOptions, stack: AsyncDisposableStack) {
  const { configFile, tokensFolder } = softhsmPlace(place.machineToken);
  const log = await open(join(place.logs, 'cell.log'), 'a', 0o600);
  const args = [place.cell, place.config, place.sockets, join(place.machineToken, 'pin'), tokensFolder];
  const { NODE_OPTIONS: _options, ...rest } = process.env;
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', ...flags, steppedCell, ...args, ...(leaky ? ['--leaky'] : [])],
    { env: { ...rest, SOFTHSM2_CONF: configFile }, stdio: ['pipe', 'pipe', log.fd] },
  );
  await log.close();
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error('the cell has no pipes');
  stack.defer(async () => {
    stdin.end();
    await ended;
  });
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  if ((await lines.next()).done === true) throw new Error(await readFile(join(place.logs, 'cell.log'), 'utf8'));
  return { child, lines };
}

/** A one-time key that no licence has taken. */
async function freeKid({ cell }: DemoPlace): Promise<Uint8Array[]> {
  const entries = await journalEntries(cell);
  const taken = new Set(entriesOf('GRANTED', entries).flatMap(({ kids }) => kids.map(hex)));
  const kids = entriesOf('PREKEYS', entries).flatMap(({ keys }) => keys.map(({ kid }) => kid));
  return kids.filter((kid) => !taken.has(hex(kid))).slice(0, 1);
}

/** Has the cell order one use and licenses it. */
async function buy(
  cell: CellClient,
  market: PaperMarket,
  anchors: TrustAnchors,
  { sealed }: CanaryRecipe,
  kids: readonly Uint8Array[],
) {
  const order = randomUUID();
  const { recipe_id: recipe, version } = sealed.manifest;
  const { nonce } = await cell.ask('offer_nonce', { recipe, version });
  const offer = await market.offer(machine, sealed, nonce);
  const { message } = await cell.ask('order', { order, offer });
  openMessage('ORDER', message, anchors, systemClock.now());
  const { last_seq: last } = await cell.ask('status', {});
  const claims = await market.claims(machine, sealed, { order: sha256(message) }, kids, { seq: last + 1 });
  const licence = await market.licence(claims);
  await cell.ask('licence', { message: licence });
  return { order, licence };
}

async function upload(cell: CellClient, file: Uint8Array): Promise<void> {
  const { upload: id } = await cell.ask('spool_begin', { size: file.length });
  await cell.ask('spool_chunk', { upload: id, at: 0, bytes: file });
  await cell.ask('spool_end', { upload: id });
}
