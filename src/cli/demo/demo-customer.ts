import { randomUUID } from 'node:crypto';
import { once as event } from 'node:events';
import type { ReceiptDocument } from '#desk/screen/receipt-document.ts';
import { Failure } from '#shared/failure.ts';
import { type FailureCode, knownFailureCode } from '#shared/failure-codes.ts';
import { type MenuView, type OrderView, type ScreenEvent, screenEvent } from '#wire/screen-api.ts';
import type { Demo } from './demo.ts';

/** A customer without a browser: orders, pays from the demo wallet, touches start, takes the receipt. */
export class DemoCustomer implements AsyncDisposable {
  readonly #demo: Pick<Demo, 'touchscreen' | 'chain'>;
  readonly #socket: WebSocket;
  readonly #waiting = new Set<(event: ScreenEvent) => void>();
  readonly #orders = new Map<string, OrderView>();
  #menu: MenuView | null = null;

  private constructor(demo: Pick<Demo, 'touchscreen' | 'chain'>, socket: WebSocket) {
    this.#demo = demo;
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const told = screenEvent.parse(JSON.parse(String(data)));
      if (told.type === 'menu') this.#menu = told.menu;
      else this.#orders.set(told.order.id, told.order);
      for (const listener of this.#waiting) listener(told);
    });
  }

  static async arrive(demo: Pick<Demo, 'touchscreen' | 'chain'>): Promise<DemoCustomer> {
    const socket = new WebSocket(`${demo.touchscreen.replace('http', 'ws')}/api/events`);
    const customer = new DemoCustomer(demo, socket);
    await event(socket, 'open');
    return customer;
  }

  /** Resolves when the menu is as wanted. */
  async menu(wanted: (menu: MenuView) => boolean): Promise<MenuView> {
    await this.#until(() => this.#menu !== null && wanted(this.#menu));
    if (this.#menu === null) throw new Failure('message/unavailable');
    return this.#menu;
  }

  /** Resolves when the order is in one of these states; rejects when it ends in another. */
  async until(id: string, ...states: OrderView['state'][]): Promise<OrderView> {
    const now = (): OrderView | undefined => this.#orders.get(id);
    const over = ['done', 'partial', 'failed', 'expired', 'cancelled'];
    await this.#until(() => {
      const state = now()?.state;
      return state !== undefined && (states.includes(state) || over.includes(state));
    });
    const order = now();
    if (order !== undefined && states.includes(order.state)) return order;
    throw new Failure(codeOf(order?.problem?.code), order?.problem?.facts ?? {});
  }

  /** Resolves when `condition` holds for the order. */
  async when(id: string, condition: (order: OrderView) => boolean): Promise<OrderView> {
    await this.#until(() => {
      const order = this.#orders.get(id);
      return order !== undefined && condition(order);
    });
    return this.#orders.get(id) as OrderView;
  }

  async order(drink: string, voucher: string | null = null): Promise<OrderView> {
    return this.post('/api/orders', { id: randomUUID(), drink, voucher });
  }

  async pay(order: OrderView): Promise<string> {
    const { invoice } = await this.when(order.id, (one) => one.invoice !== null);
    return (await this.#demo.chain.wallet.payUri(invoice?.uri ?? '')).txid;
  }

  async start(id: string): Promise<OrderView> {
    return this.post(`/api/orders/${id}/start`, {});
  }

  async receipt(id: string): Promise<ReceiptDocument> {
    const answer = await fetch(`${this.#demo.touchscreen}/api/orders/${id}/receipt`);
    return (await this.#read(answer)) as ReceiptDocument;
  }

  /** From order to receipt. */
  async buy(drink: string): Promise<ReceiptDocument> {
    const order = await this.order(drink);
    await this.pay(order);
    await this.until(order.id, 'place_glass');
    await this.start(order.id);
    await this.until(order.id, 'done');
    await this.when(order.id, ({ receipt }) => receipt?.usage_accepted === true);
    return this.receipt(order.id);
  }

  async post(path: string, body: object): Promise<OrderView> {
    const answer = await fetch(`${this.#demo.touchscreen}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const order = (await this.#read(answer)) as OrderView;
    if (!this.#orders.has(order.id)) this.#orders.set(order.id, order);
    return order;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    this.#socket.close();
    await event(this.#socket, 'close');
  }

  async #read(answer: Response): Promise<unknown> {
    const body = (await answer.json()) as { code?: string; facts?: Record<string, string> };
    if (!answer.ok) throw new Failure(codeOf(body.code), body.facts ?? {});
    return body;
  }

  #until(condition: () => boolean): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const gone = (): void => done(() => reject(new Failure('message/unavailable')));
      const look = (): void => {
        if (condition()) done(resolve);
      };
      const done = (finish: () => void): void => {
        this.#waiting.delete(look);
        this.#socket.removeEventListener('close', gone);
        finish();
      };
      this.#waiting.add(look);
      this.#socket.addEventListener('close', gone);
    });
  }
}

function codeOf(code: string | undefined): FailureCode {
  return knownFailureCode(code) ?? 'message/unavailable';
}
