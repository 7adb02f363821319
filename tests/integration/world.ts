import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { inject, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { DemoCustomer } from '#cli/demo/demo-customer.ts';
import { type DemoPorts, withFreePorts } from '#cli/demo/demo-ports.ts';
import { type Demo, type DemoOptions, startDemo } from '#cli/demo/demo.ts';
import { findMosquitto } from '#cli/demo/mosquitto.ts';
import { askCell } from '#cli/service-client.ts';
import { type CellClient, cellClient } from '#desk/cell/cell-client.ts';
import { marketplaceSession } from '#desk/marketplace/session.ts';
import { nodeHttpsClient } from '#desk/node-https-client.ts';
import { nodeTlsKey } from '#desk/node-tls-key.ts';
import { silentLog } from '#shared/log.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { connectUnix } from '#shared/node/unix-socket.ts';
import { accountView } from '#wire/marketplace-api.ts';
import type { CellStatus } from '#wire/cell-api.ts';
import { type OrderView, orderView } from '#wire/screen-api.ts';
import type { MachineConfigSource } from '#wire/machine-config.ts';
import type { Entry } from '#cell/journal/entry.ts';
import { journalEntries } from './support/journal-entries.ts';
import { listens, processesNaming } from './support/processes.ts';
import { provisionedState } from './support/provisioned-state.ts';

export type WorldOptions = Partial<Pick<DemoOptions, 'seed' | 'speed' | 'noise' | 'alcohol'>>;

/** What the demo's marketplace credits its machine with. */
export const openingCredit = 10_000_000;

export interface LogLine {
  readonly msg: string;
  readonly [field: string]: unknown;
}

/**
 * A whole demonstration with the real parts, in a copy of the provisioned state: SoftHSM2, broker, database, bitcoin node,
 * and marketplace, cell and desk as processes of their own. Disposing it throws when a process or a port is left.
 */
export class World implements AsyncDisposable {
  readonly demo: Demo;
  readonly ports: DemoPorts;
  readonly #stack: AsyncDisposableStack;

  private constructor(demo: Demo, ports: DemoPorts, stack: AsyncDisposableStack) {
    this.demo = demo;
    this.ports = ports;
    this.#stack = stack;
  }

  /** Starts everything; resolves when drinks can be ordered. */
  static async start(options: WorldOptions = {}): Promise<World> {
    await using stack = new AsyncDisposableStack();
    const state = await copyOfState(stack);
    const ports = await withFreePorts({ touchscreen: 0, wallet: 0, esplora: 0, marketplace: 0, broker: 0 });
    let started = false;
    // a failed start is told by itself
    stack.defer(() => (started ? nothingLeft(state, ports) : undefined));
    const usual = { seed: 1, speed: 40, noise: true, alcohol: true };
    const starting = startDemo({ ...usual, ...options, state, ports, say: () => {} });
    const demo = stack.use(await starting.catch((error: unknown) => explained(error, state)));
    started = true;
    const world = new World(demo, ports, stack.move());
    await (await world.customer()).menu(({ drinks }) => drinks.some(({ why_not }) => why_not.length === 0));
    return world;
  }

  get state(): string {
    return this.demo.place.root;
  }

  /** Somebody at the touchscreen, until the world ends; after a restart of desk it takes another. */
  async customer(): Promise<DemoCustomer> {
    return this.#stack.use(await DemoCustomer.arrive(this.demo));
  }

  /** The order as desk has it now. */
  async order(id: string): Promise<OrderView> {
    const answer = await fetch(`${this.demo.touchscreen}/api/orders/${id}`);
    return orderView.parse(await answer.json());
  }

  /** The order as soon as it is as wanted, whoever is connected. */
  orderWhen(id: string, wanted: (order: OrderView) => boolean): Promise<OrderView> {
    return eventually(async () => {
      const order = await this.order(id);
      return wanted(order) ? order : null;
    });
  }

  /** Touches start as soon as the machine is ready for it; a touch while desk has no cell is not kept for later. */
  async startDrink(customer: DemoCustomer, id: string): Promise<void> {
    await customer.menu(({ works }) => works.cell);
    await this.orderWhen(id, ({ state, problem }) => state === 'place_glass' && problem === null);
    await customer.start(id);
  }

  /** A connection to the cell of our own, as desk has one. */
  async cell(): Promise<CellClient> {
    const client = cellClient(await connectUnix(join(this.demo.place.sockets, 'cell', 'cell.sock')));
    this.#stack.defer(() => client.close());
    return client;
  }

  status(): Promise<CellStatus> {
    return askCell(this.#serviceSocket, 'status', {});
  }

  /** What a technician does at the console. */
  setStock(line: number, stock_ul: number): Promise<object> {
    return askCell(this.#serviceSocket, 'stock_set', { line, stock_ul, who: 'Test technician' });
  }

  /** What the machine has left on its account at the marketplace, as the marketplace says to its desk. */
  async balance(): Promise<number> {
    const { url, ca } = this.demo.marketplace;
    const https = nodeHttpsClient(url, ca);
    try {
      const ports = { https, cell: await this.cell(), clock: systemClock, log: silentLog, makeKey: nodeTlsKey };
      const { body } = await marketplaceSession(ports).request({ method: 'GET', path: '/v1/account' });
      return accountView.parse(JSON.parse(new TextDecoder().decode(body))).balance_sat;
    } finally {
      https.close();
    }
  }

  /** The journal's entries; throws unless it verifies. */
  journal(): Promise<readonly Entry[]> {
    return journalEntries(this.demo.place.cell);
  }

  /** Changes machine.yaml; cell and desk read it when they start. */
  async configure(change: (config: MachineConfigSource) => void): Promise<void> {
    const config = parse(await readFile(this.demo.place.config, 'utf8')) as MachineConfigSource;
    change(config);
    await writeFile(this.demo.place.config, stringify(config));
  }

  async log(process: 'cell' | 'desk' | 'marketplace'): Promise<LogLine[]> {
    const text = await readFile(join(this.demo.place.logs, `${process}.log`), 'utf8');
    return text
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as LogLine);
  }

  /** Ends mosquitto at once, and only it. */
  async killBroker(): Promise<void> {
    const [broker] = await processesNaming(this.#brokerConfig);
    if (broker === undefined) throw new Error('mosquitto does not run: is it installed?');
    process.kill(broker.pid, 'SIGKILL');
    await eventually(async () => ((await listens(this.ports.broker)) ? null : true));
  }

  async startBroker(): Promise<void> {
    const child = spawn((await findMosquitto()) ?? 'mosquitto', ['-c', this.#brokerConfig], { stdio: 'ignore' });
    this.#stack.defer(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    });
    await eventually(async () => ((await listens(this.ports.broker)) ? true : null));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }

  get #serviceSocket(): string {
    return join(this.demo.place.sockets, 'service', 'service.sock');
  }

  get #brokerConfig(): string {
    return join(this.demo.place.marketplace, 'broker', 'mosquitto.conf');
  }
}

/** What `look` finds, looked for until it finds something. */
export function eventually<T>(look: () => Promise<T | null>, interval = 50): Promise<T> {
  return vi.waitFor(
    async () => {
      const found = await look();
      if (found === null) throw new Error('not yet');
      return found;
    },
    { timeout: 50_000, interval },
  );
}

/** A copy of the provisioned state, which is gone with `stack`; the logs are kept in the folder DECANT_TEST_LOGS. */
export async function copyOfState(stack: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'decant-world-'));
  stack.defer(async () => {
    const kept = process.env['DECANT_TEST_LOGS'];
    if (kept !== undefined) await cp(join(folder, 'logs'), join(kept, basename(folder)), { recursive: true });
    await rm(folder, { recursive: true, force: true });
  });
  await cp(await provisionedState(inject('runFolder')), folder, {
    recursive: true,
    mode: constants.COPYFILE_FICLONE,
  });
  return folder;
}

/** The same failure, with what the processes said last. */
async function explained(error: unknown, state: string): Promise<never> {
  const logs = ['marketplace', 'cell', 'desk'].map(async (name) => {
    const text = await readFile(join(state, 'logs', `${name}.log`), 'utf8').catch(() => '');
    return text.slice(-2000);
  });
  throw new Error(`the demonstration does not start\n${(await Promise.all(logs)).join('\n')}`, { cause: error });
}

async function nothingLeft(state: string, ports: DemoPorts): Promise<void> {
  const processes = await processesNaming(state);
  const named = Object.entries({ ...ports });
  const open = (await Promise.all(named.map(async ([name, port]) => ((await listens(port)) ? [name] : [])))).flat();
  if (processes.length > 0 || open.length > 0) {
    throw new Error(`left behind: ${JSON.stringify(processes)}, listening: ${open.join(', ') || 'nothing'}`);
  }
}
