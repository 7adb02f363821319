import { readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { parse, stringify } from 'yaml';
import { type Demo, startDemo } from '#cli/demo/demo.ts';
import { withFreePorts } from '#cli/demo/demo-ports.ts';
import { askCell } from '#cli/service-client.ts';
import { openBrowser } from '#tests/browser/browser.ts';
import { Touchscreen } from '#tests/browser/touchscreen.ts';
import { startAvrBoard } from '#tests/hardware/avr-board.ts';
import { hangOnBoard, supplyPin } from '#tests/integration/support/on-a-board.ts';
import type { Board } from '#tests/support/board.ts';
import type { MachineConfigSource } from '#wire/machine-config.ts';

const drink = 'beach-day';
/** Lines that the drink draws from. */
const lines = [1, 3, 4, 12];
const fullUl = 5_000_000;

/** A whole demonstration whose pumps hang on the firmware's binary, and a customer at its touchscreen in Chromium. */
export class MachineOnABoard implements AsyncDisposable {
  readonly board: Board;
  readonly #demo: Demo;
  readonly #page: Page;
  readonly #screen: Touchscreen;
  readonly #stack: AsyncDisposableStack;

  private constructor(board: Board, demo: Demo, page: Page, stack: AsyncDisposableStack) {
    this.board = board;
    this.#demo = demo;
    this.#page = page;
    this.#screen = new Touchscreen(page);
    this.#stack = stack;
  }

  /** Builds and starts everything in `folder`; resolves in front of the drinks. */
  static async start(folder: string): Promise<MachineOnABoard> {
    await using stack = new AsyncDisposableStack();
    const board = stack.use(await startAvrBoard(folder));
    const ports = await withFreePorts({ touchscreen: 0, wallet: 0, esplora: 0, marketplace: 0, broker: 0 });
    const usual = { seed: 1, speed: 1, noise: true, alcohol: false, say: () => {} };
    const demo = stack.use(await startDemo({ ...usual, state: join(folder, 'demo'), ports }));
    await configure(demo.place.config, (config) => {
      hangOnBoard(config, board.path);
      // full on or off: an edge of PWM would look like an output that goes off
      for (const pump of config.pumps) pump.flow = pump.flow.slice(-1);
      config.limits.orders_per_hour = 10_000;
    });
    await demo.processes.cell.start();
    goesBefore(demo.processes.cell.pid, -10);
    goesBefore(demo.processes.desk.pid, -5);
    const browser = await openBrowser();
    stack.defer(() => browser.close());
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: 'en' });
    await page.goto(demo.touchscreen);
    const machine = new MachineOnABoard(board, demo, page, stack.move());
    await machine.#screen.wake();
    return machine;
  }

  /** Fills the bottles, as a technician does. */
  async fill(): Promise<void> {
    const socket = join(this.#demo.place.sockets, 'service', 'service.sock');
    for (const line of lines) await askCell(socket, 'stock_set', { line, stock_ul: fullUl, who: 'Technician' });
  }

  /** Orders, pays and starts a drink; answers whether something flows, with the pointer over Stop then: a starved host may have lost it. */
  async pour(): Promise<boolean> {
    await this.#screen.choose(drink);
    await this.#screen.order();
    await this.#screen.waitFor('pay');
    await this.#demo.chain.wallet.payUri(await this.#screen.paymentUri());
    await this.#screen.waitFor('glass');
    await this.#screen.start();
    const isPoured = await this.flows();
    if (isPoured) await this.#page.mouse.move(...(await this.#middleOfStop()));
    return isPoured;
  }

  /** Resolves when an output is on; false when the drink has ended by itself. */
  flows(): Promise<boolean> {
    const on = this.board.until(() => this.#on().size > 0).then(() => true);
    const over = this.#screen.waitFor('failure', 60_000).then(
      () => false,
      () => false,
    );
    return Promise.race([on, over]);
  }

  /**
   * Touches Stop, and resolves when the screen is back at the drinks: with the time at which this process read of the last output
   * that went off, as `performance.now()` has it; a step that ended by itself meanwhile is not taken for the stop. Null when the
   * drink had ended otherwise.
   */
  async stop(): Promise<number | null> {
    let edges = this.board.edges.length;
    let readAt = Number.NaN;
    let isOver = false;
    const over = this.board.until((all) => {
      if (all.length > edges) readAt = performance.now();
      edges = all.length;
      return isOver;
    });
    await this.#page.mouse.down();
    await this.#page.mouse.up();
    const why = await this.leave();
    isOver = true;
    // any line makes it look again
    this.board.command('measure');
    await over;
    if (this.#on().size > 0) throw new Error('on after a stop');
    return why.startsWith('dispenser/') ? null : readAt;
  }

  /** From what the screen says of the end, which is answered, back to the drinks. */
  async leave(): Promise<string> {
    const { code } = await this.#screen.failure();
    await this.#screen.leave();
    if ((await this.#screen.shownPage()) === 'attract') await this.#screen.wake();
    return code;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }

  async #middleOfStop(): Promise<[number, number]> {
    await this.#screen.waitFor('pouring');
    const box = await this.#page.locator('[data-testid="stop"]').boundingBox();
    if (box === null) throw new Error('no Stop on the screen');
    return [box.x + box.width / 2, box.y + box.height / 2];
  }

  /** Pins of pumps that are on by their last edge. */
  #on(): Set<number> {
    const on = new Set<number>();
    for (const { pin, level } of this.board.edges) {
      if (level === '1' && pin !== supplyPin) on.add(pin);
      else on.delete(pin);
    }
    return on;
  }
}

async function configure(file: string, change: (config: MachineConfigSource) => void): Promise<void> {
  const config = parse(await readFile(file, 'utf8')) as MachineConfigSource;
  change(config);
  await writeFile(file, stringify(config));
}

/** Gives a process, all its threads, the place that its unit in systemd/ has; only root may. */
function goesBefore(pid: number | null, nice: number): void {
  if (process.getuid?.() !== 0) return;
  for (const thread of readdirSync(`/proc/${pid}/task`)) setPriority(Number(thread), nice);
}
