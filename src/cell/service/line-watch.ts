import type { Clock } from '#shared/clock.ts';
import { milliseconds } from '#shared/units.ts';
import type { CellEvent } from '#wire/cell-api.ts';
import type { MachineConfig } from '#wire/machine-config.ts';
import type { Books } from '../books.ts';
import { keepingOf, nextDue } from './line-state.ts';

export interface LineWatchPorts {
  readonly books: Pick<Books, 'ledger'>;
  readonly config: MachineConfig;
  /** The trusted time. */
  readonly clock: Clock;
  readonly tell: (event: CellEvent) => void;
}

/** Wall time may jump, or be corrected: it is looked at so often at least. */
const oftenMs = 3_600_000;

/** Tells `changed` when a line falls due, so that nobody is offered what is not sold any more. */
export class LineWatch implements Disposable {
  readonly #ports: LineWatchPorts;
  #timer: Disposable | null = null;
  #blocked: string;

  constructor(ports: LineWatchPorts) {
    this.#ports = ports;
    this.#blocked = this.#now();
    this.look();
  }

  /** To be called when something was cleaned or calibrated; by itself it looks when the next line falls due. */
  look(): void {
    const { books, config, clock, tell } = this.#ports;
    const blocked = this.#now();
    if (blocked !== this.#blocked) tell({ event: 'changed', body: {} });
    this.#blocked = blocked;
    this.#timer?.[Symbol.dispose]();
    const due = nextDue({ config, service: books.ledger.service, now: clock.now() });
    // a machine without any such plan is never woken
    if (due === null) return;
    const wait = Math.min(oftenMs, Math.max(1000, due - clock.now()));
    this.#timer = clock.after(milliseconds(Math.ceil(wait)), () => this.look());
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
  }

  #now(): string {
    const { books, config, clock } = this.#ports;
    const grounds = { config, service: books.ledger.service, now: clock.now() };
    return config.pumps.map((pump) => keepingOf(pump, grounds).blocked_by ?? '').join(' ');
  }
}
