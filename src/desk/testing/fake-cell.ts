import { fromHex, hex } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import type { BatchResult, CellEvent, CellOperation, CellStatus } from '#wire/cell-api.ts';
import type { CellClient } from '../cell/cell-client.ts';
import { sampleStatus } from './sample-status.ts';

interface Use {
  readonly cti: string;
  readonly seq: number;
  readonly order: string;
  /** `given up`: its order is over, and any other may have it. */
  stage: 'granted' | 'reserved' | 'pouring' | 'spent' | 'void' | 'given up';
  result: BatchResult['result'];
  claim: string;
  booked: boolean;
}

const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const words = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** A LICENCE as this fake understands it. */
export const licenceMessage = (seq: number, cti: string, order: string): Uint8Array => text(`${seq} ${cti} ${order}`);

/** What the fake cell signs: an ORDER for an order id, and what it claims of a licence. */
export const orderOf = (message: Uint8Array): string => words(message).replace('order ', '');
export const claimOf = (message: Uint8Array): string => words(message).split(' ')[1] ?? '';

type Handlers = Partial<Record<CellOperation, (body: never) => unknown>>;

/**
 * A cell as desk sees it: one station, uses that are reserved, checked, burned and booked. A connection that breaks loses
 * the request or only its answer; `reboot` forgets what the real one forgets.
 */
export class FakeCell implements Pick<CellClient, 'ask'> {
  readonly uses: Use[] = [];
  /** Orders whose licence was burned for a drink that flowed, as often as that happened. */
  readonly poured: string[] = [];
  /** Uses that were bought ahead, at 600 satoshi each. */
  ahead = 0;
  readonly asked: CellOperation[] = [];
  checked: string | null = null;
  pouring: string | null = null;
  up = true;
  glass = true;
  spooled: Uint8Array[] = [];
  licencePrice = 650;
  /** What happens to the next request, or to the next of this operation. */
  fault: 'none' | 'request lost' | 'answer lost' = 'none';
  faultOf: CellOperation | 'any' = 'any';
  tell: (event: CellEvent) => void = () => undefined;
  readonly #handlers: Handlers = {
    status: () => this.status(),
    offer_nonce: () => ({ nonce: new Uint8Array(16) }),
    order: ({ order }: { order: string }) => ({ message: text(`order ${order}`), price: this.licencePrice }),
    licence: ({ message }: { message: Uint8Array }) => this.#licence(words(message)),
    reserve: ({ order }: { order: string }) => ({ cti: fromHex(this.#reserved(order).cti) }),
    check: ({ order }: { order: string }) => this.#check(order),
    start: ({ order }: { order: string }) => this.#start(order),
    hold: () => ({}),
    resume: () => ({}),
    release: ({ order, given_up }: { order: string; given_up?: boolean }) => this.#release(order, given_up ?? false),
    outcome: ({ order }: { order: string }) => this.#outcome(order),
    outcome_booked: ({ order }: { order: string }) => {
      this.#ended(order).booked = true;
      return {};
    },
    head: () => ({ message: text('head') }),
    head_answer: () => ({ quarantined: false, released: false, tell_again: false }),
    prekeys: () => ({ message: null }),
    forgotten: () => ({ items: [] }),
    told_again: () => ({}),
    farewell: () => ({ message: null }),
    farewell_booked: () => ({}),
    time_nonce: () => ({ nonce: null }),
    revocations: () => ({ withdrawn: 0 }),
    reserve_at_hand: ({ order }: { order: string }) => ({ use: this.#atHand(order) }),
  };

  readonly ask: CellClient['ask'] = async (operation, body) => {
    this.asked.push(operation);
    const isHit = this.faultOf === 'any' || this.faultOf === operation;
    const fault = isHit ? this.fault : 'none';
    if (isHit) this.fault = 'none';
    await Promise.resolve();
    if (!this.up || fault === 'request lost') throw this.#lost();
    const answer = this.#handlers[operation]?.(body as never);
    if (answer === undefined) throw new Failure('message/unknown-operation', { operation });
    await Promise.resolve();
    if (!this.up || fault === 'answer lost') throw this.#lost();
    return answer as never;
  };

  /** The drink that is under way ends; `told` says whether desk hears of it. */
  finish(result: BatchResult['result'] = 'ok'): void {
    const use = this.uses.find(({ order, stage }) => order === this.pouring && stage === 'pouring');
    this.pouring = null;
    if (use === undefined) return;
    Object.assign(use, { stage: 'spent', result, claim: `usage ${use.cti}` });
    if (this.up) this.tell({ event: 'done', body: batchOf(use) });
  }

  /** Power is lost and comes back: a use that was burned is claimed, a pour that had begun is over. */
  reboot(drops: boolean): void {
    this.checked = null;
    const use = this.uses.find(({ stage }) => stage === 'pouring');
    this.pouring = null;
    if (use === undefined) return;
    if (drops) Object.assign(use, { stage: 'spent', result: 'partial', claim: `usage ${use.cti}` });
    else {
      Object.assign(use, { stage: 'void', result: 'failed', claim: `void ${use.cti}` });
      this.poured.splice(this.poured.lastIndexOf(use.order), 1);
    }
  }

  status(): CellStatus {
    const unfinished = this.uses
      .filter(({ stage, booked }) => stage === 'reserved' || ((stage === 'spent' || stage === 'void') && !booked))
      .map(({ order, cti, stage }) => ({
        order,
        cti: fromHex(cti),
        kid: new Uint8Array(32),
        stage: stage as 'reserved' | 'spent' | 'void',
      }));
    return sampleStatus({
      licences: this.#aheadLicences(),
      unfinished,
      last_seq: this.#lastSeq,
      spooled: this.spooled,
    });
  }

  #aheadLicences(): CellStatus['licences'] {
    if (this.ahead === 0) return [];
    const recipe = new Uint8Array(16).fill(0x11);
    const common = { cti: new Uint8Array(16), seq: 1, recipe, version: 1, kind: 'single_use' };
    return [{ ...common, unused: this.ahead, at_hand: this.ahead, not_before: 0, expires: 0, state: 'good' }];
  }

  get #lastSeq(): number {
    return this.uses.filter(({ seq }) => seq > 0).length;
  }

  #lost(): Failure {
    this.up = false;
    return new Failure('machine/cell-unreachable');
  }

  #licence(message: string) {
    const [seq = '', cti = '', order = ''] = message.split(' ');
    const last = this.#lastSeq;
    if (Number(seq) > last + 1) throw new Failure('licence/gap');
    if (Number(seq) === last + 1) {
      this.uses.push({ cti, seq: last + 1, order, stage: 'granted', result: 'ok', claim: '', booked: false });
    }
    return { ack: text(`ack ${seq}`), cti: fromHex(cti), seq: Number(seq) };
  }

  /** The use that an order holds: its latest. */
  #useOf(order: string): Use | null {
    return this.uses.findLast((use) => use.order === order && !['granted', 'given up'].includes(use.stage)) ?? null;
  }

  #reserved(order: string): Use {
    const held = this.#useOf(order);
    if (held?.stage === 'reserved') return held;
    if (held !== null && held.stage !== 'void') throw new Failure('licence/spent', { stage: held.stage });
    const use = this.uses.find((one) => one.order === order && one.stage === 'granted');
    if (use === undefined) throw new Failure('licence/none', { order });
    use.stage = 'reserved';
    return use;
  }

  #check(order: string) {
    if (this.checked !== order) {
      if (this.checked !== null || this.pouring !== null) throw new Failure('machine/busy');
      this.#reserved(order);
      this.checked = order;
    }
    return { duration_ms: 1000 };
  }

  #start(order: string) {
    if (this.checked !== order) throw new Failure('order/wrong-state', { order });
    if (!this.glass) throw new Failure('machine/glass-missing');
    this.checked = null;
    this.pouring = order;
    this.#reserved(order).stage = 'pouring';
    this.poured.push(order);
    return {};
  }

  #release(order: string, givenUp: boolean) {
    if (this.checked === order) this.checked = null;
    const use = this.#useOf(order);
    if (use?.stage === 'reserved') use.stage = 'granted';
    for (const one of this.uses) if (givenUp && one.order === order && one.stage === 'granted') one.stage = 'given up';
    return {};
  }

  #atHand(order: string) {
    const held = this.#useOf(order);
    if (held !== null && held.stage !== 'void' && held.stage !== 'reserved') return null;
    const own = held?.stage === 'reserved' ? held : this.#find(order, 'granted');
    const use = own ?? this.uses.find(({ stage }) => stage === 'given up') ?? this.#bringUp(order);
    if (use === null) return null;
    Object.assign(use, { stage: 'reserved', order });
    const [price, licensor] = use.seq === 0 ? [600, 420] : [650, 455];
    return { cti: fromHex(use.cti), price, licensor, marketplace: price - licensor };
  }

  #find(order: string, stage: Use['stage']): Use | undefined {
    return this.uses.find((one) => one.order === order && one.stage === stage);
  }

  /** A use that was bought ahead; it has no number of its own here. */
  #bringUp(order: string): Use | null {
    if (this.ahead === 0) return null;
    this.ahead -= 1;
    const cti = ctiOf(200 + this.ahead);
    const use: Use = { cti, seq: 0, order, stage: 'reserved', result: 'ok', claim: '', booked: false };
    this.uses.push(use);
    return use;
  }

  #ended(order: string): Use {
    const use = this.#useOf(order);
    if (use === null) throw new Failure('order/unknown', { order });
    if (use.stage !== 'spent' && use.stage !== 'void') throw new Failure('order/wrong-state', { stage: use.stage });
    return use;
  }

  #outcome(order: string) {
    const use = this.#ended(order);
    return { batch: batchOf(use), message: text(use.claim) };
  }
}

function batchOf({ order, cti, result, stage }: Use): BatchResult {
  const part = { ok: 200_000, partial: 9000, failed: 0 };
  return {
    order,
    cti: fromHex(cti),
    result,
    reason: '',
    pieces: 4,
    ordered_ul: 200_000,
    delivered_ul: part[result],
    void_claim: stage === 'void',
  };
}

/** A cti of its own for each number. */
export const ctiOf = (n: number): string => hex(new Uint8Array(16).fill(n % 256));
