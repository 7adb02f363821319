import { beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '#shared/failure.ts';
import { silentLog } from '#shared/log.ts';
import type { CellOperation } from '#wire/cell-api.ts';
import { encodeSign1 } from '#wire/cose-sign1.ts';
import { sha256 } from '#wire/signed-message.ts';
import type { CellClient } from './cell/cell-client.ts';
import { Sync, type SyncPorts } from './sync.ts';
import { ctiOf, FakeCell, licenceMessage } from './testing/fake-cell.ts';
import { FakeMarketplace } from './testing/fake-marketplace.ts';
import { idOf } from './testing/till.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const licence = (n: number): Uint8Array => licenceMessage(n, ctiOf(n), idOf(n));

describe('the post between cell and licensing', () => {
  let cell: FakeCell;
  let market: FakeMarketplace;
  let told: number[];
  /** What passed, in order, as `who operation`. */
  let passed: string[];
  /** Answers of the cell that the test makes up. */
  let scripted: Partial<Record<CellOperation, (body: unknown) => unknown>>;
  let sync: Sync;
  beforeEach(() => {
    cell = new FakeCell();
    market = new FakeMarketplace();
    told = [];
    passed = [];
    scripted = {};
    const ask: CellClient['ask'] = async (operation, body) => {
      passed.push(`cell ${operation}`);
      const answer = scripted[operation];
      return answer === undefined ? cell.ask(operation, body) : (answer(body) as never);
    };
    const marketplace = new Proxy(market, {
      get: (one, name) => {
        const work = Reflect.get(one, name) as (...asked: unknown[]) => Promise<unknown>;
        return (...asked: unknown[]) => {
          passed.push(`market ${String(name)}`);
          return work(...asked);
        };
      },
    });
    const ports: SyncPorts = {
      cell: { ask },
      marketplace,
      licencePost: { tell: (seq) => told.push(seq) },
      log: silentLog,
    };
    sync = new Sync(ports);
  });

  it('reports the head first, then prekeys, then fetches licences', async () => {
    const message = bytes('prekeys');
    const booked: unknown[] = [];
    scripted = {
      prekeys: () => ({ message }),
      prekeys_booked: (body) => {
        booked.push(body);
        return {};
      },
    };
    market.licences.push(licence(1));
    await sync.all();
    expect(passed.filter((one) => one !== 'cell status')).toEqual([
      'cell time_nonce',
      'cell head',
      'market head',
      'cell head_answer',
      'cell prekeys',
      'market prekeys',
      'cell prekeys_booked',
      'market licencesAfter',
      'cell licence',
      'market ack',
      'market licencesAfter',
      'market statusList',
      'cell revocations',
    ]);
    expect(booked).toEqual([{ digest: sha256(message) }]);
    expect(told).toEqual([1]);
  });

  it('reports the first head of a new epoch at once, and goes on', async () => {
    const answers = [
      { quarantined: false, released: true, tell_again: false },
      { quarantined: false, released: false, tell_again: false },
    ];
    scripted = { head_answer: () => answers.shift() };
    await sync.all();
    expect(passed.filter((one) => one.includes('head'))).toEqual([
      'cell head',
      'market head',
      'cell head_answer',
      'cell head',
      'market head',
      'cell head_answer',
    ]);
    expect(passed).toContain('cell prekeys');
  });

  it('tells licensing again what it lost, page by page: licences, then outcomes, and says so when all is told', async () => {
    const kid = new Uint8Array(32);
    const item = (kind: string, message: Uint8Array | null, of: Uint8Array | null = null) => ({
      kind,
      kid: of,
      message,
    });
    const lost = [
      item('licence', bytes('one')),
      item('licence', null),
      item('usage', bytes('usage 1'), kid),
      item('claim', bytes('void 2'), kid),
    ];
    const told_: unknown[] = [];
    scripted = {
      head_answer: () => ({ quarantined: false, released: false, tell_again: true }),
      forgotten: (body) => {
        const { after } = body as { after: number };
        return { items: lost.slice(after, after + 3) };
      },
      outcome_told: (body) => {
        told_.push(body);
        return {};
      },
    };
    market.voidClaim = () => Promise.resolve(null);
    await sync.all();
    expect(passed.filter((one) => /recover|usage|voidClaim|forgotten|told/.test(one))).toEqual([
      'cell forgotten',
      'market recover',
      'market usage',
      'cell outcome_told',
      'cell forgotten',
      'market voidClaim',
      'cell forgotten',
      'cell told_again',
    ]);
    expect(told_).toEqual([{ kid, message: new Uint8Array(8) }]);
  });

  it('says nothing of having told all when something was not taken', async () => {
    scripted = {
      head_answer: () => ({ quarantined: false, released: false, tell_again: true }),
      forgotten: () => ({ items: [{ kind: 'licence', kid: null, message: bytes('one') }] }),
    };
    market.recover = () => Promise.reject(new Failure('marketplace/unreachable'));
    await expect(sync.all()).rejects.toMatchObject({ code: 'marketplace/unreachable' });
    expect(passed).not.toContain('cell told_again');
  });

  it('does not call a drink booked that a copy of the machine has told of before, though the cell has the answer', async () => {
    const signer = { algorithm: 'ES256' as const, chain: [], sign: () => Promise.resolve(new Uint8Array(64)) };
    const refused = await encodeSign1('application/decant-refused+cbor', new Uint8Array(1), signer);
    market.usage = () => Promise.resolve(refused);
    const booked: unknown[] = [];
    scripted = {
      outcome: () => ({ batch: { void_claim: false }, message: bytes('usage') }),
      outcome_booked: (body) => {
        booked.push(body);
        return {};
      },
    };
    await expect(sync.outcome(idOf(1))).rejects.toMatchObject({ code: 'licence/spent' });
    expect(booked).toEqual([{ order: idOf(1), message: refused }]);
  });

  it('carries the last word of a machine that is being taken out of service, once, and nothing else', async () => {
    let message: Uint8Array | null = bytes('farewell');
    scripted = {
      head: () => {
        throw new Failure('machine/retired');
      },
      farewell: () => ({ message }),
      farewell_booked: () => {
        message = null;
        return {};
      },
    };
    for (let i = 0; i < 2; i += 1) await expect(sync.all()).rejects.toMatchObject({ code: 'machine/retired' });
    expect(passed.filter((one) => one.startsWith('market'))).toEqual(['market decommission']);
  });

  it('does nothing more once the machine is quarantined', async () => {
    scripted = { head_answer: () => ({ quarantined: true }) };
    market.licences.push(licence(1));
    await expect(sync.all()).rejects.toMatchObject({ code: 'machine/quarantined' });
    expect(passed).toEqual(['cell time_nonce', 'cell head', 'market head', 'cell head_answer']);
  });

  it('brings the time when the cell asks for it, and goes on when the cell does not take it', async () => {
    const nonce = new Uint8Array(16).fill(3);
    const asked: unknown[] = [];
    market.time = async (one) => {
      asked.push(one);
      return bytes('time');
    };
    scripted = {
      time_nonce: () => ({ nonce }),
      time: () => {
        throw new Failure('time/too-slow');
      },
    };
    await sync.all();
    expect(asked).toEqual([nonce]);
    expect(passed.slice(0, 4)).toEqual(['cell time_nonce', 'market time', 'cell time', 'cell head']);
  });

  it('fetches a licence again whose file is damaged', async () => {
    for (let n = 1; n <= 3; n += 1) market.licences.push(licence(n));
    await sync.all();
    const status = cell.status();
    scripted = { status: () => ({ ...status, damaged_licences: [2] }) };
    const handedIn: unknown[] = [];
    scripted.licence = (body) => {
      handedIn.push(body);
      return { ack: new Uint8Array(1), cti: new Uint8Array(16), seq: 2 };
    };
    await sync.licences();
    expect(handedIn).toEqual([{ message: licence(2) }]);
  });

  it('hands a revocation in that was pushed', async () => {
    const message = bytes('revoke');
    const handedIn: unknown[] = [];
    scripted = {
      revocations: (body) => {
        handedIn.push(body);
        return { withdrawn: 1 };
      },
    };
    await sync.revoked(message);
    expect(handedIn).toEqual([{ message }]);
  });

  it('does not say that prekeys are booked when the answer was lost', async () => {
    scripted = { prekeys: () => ({ message: bytes('prekeys') }), prekeys_booked: () => ({}) };
    market.prekeys = () => Promise.reject(new Failure('marketplace/unreachable'));
    await expect(sync.all()).rejects.toMatchObject({ code: 'marketplace/unreachable' });
    expect(passed).not.toContain('cell prekeys_booked');
    delete (market as { prekeys?: unknown }).prekeys;
    market.prekeys = async () => undefined;
    await sync.all();
    expect(passed).toContain('cell prekeys_booked');
  });

  it('fetches page by page, and stores each licence once', async () => {
    for (let n = 1; n <= 40; n += 1) market.licences.push(licence(n));
    await sync.licences();
    expect(cell.uses).toHaveLength(40);
    expect(market.acks).toHaveLength(40);
    expect(passed.filter((one) => one === 'market licencesAfter')).toHaveLength(4);
  });

  it('does not ask for ever a marketplace that answers the same page again', async () => {
    market.licencesAfter = async () => Array.from({ length: 16 }, (_, n) => licence(n + 1));
    await sync.licences();
    await sync.licences();
    expect(cell.uses).toHaveLength(16);
  });

  it('stops at a licence that the cell refuses, and says so', async () => {
    market.licences.push(licence(1), licence(2));
    scripted = {
      licence: () => {
        throw new Failure('licence/forked');
      },
    };
    await expect(sync.licences()).rejects.toMatchObject({ code: 'licence/forked' });
    expect(market.acks).toEqual([]);
  });

  it('sends an acknowledgement again that was lost, and needs none to go on', async () => {
    market.licences.push(licence(1));
    const { ack } = market;
    market.ack = () => Promise.reject(new Failure('marketplace/unreachable'));
    await sync.licences();
    expect(cell.uses).toHaveLength(1);
    market.ack = ack;
    await sync.licences();
    expect(market.acks).toEqual(['ack 1']);
    await sync.licences();
    expect(market.acks).toEqual(['ack 1']);
  });

  it('drops an acknowledgement that is refused for good', async () => {
    market.licences.push(licence(1), licence(2));
    const { ack } = market;
    let refusals = 0;
    market.ack = (message) => {
      refusals += 1;
      return refusals === 1 ? Promise.reject(new Failure('licence/none')) : ack(message);
    };
    await sync.licences();
    await sync.licences();
    expect(market.acks).toEqual(['ack 2']);
  });

  it('takes in a pushed licence, and fetches those before it', async () => {
    market.licences.push(licence(1), licence(2));
    await sync.pushed(licence(2));
    expect(cell.uses.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(told).toEqual([1, 2]);
    await sync.pushed(licence(2));
    expect(cell.uses).toHaveLength(2);
  });

  it('is not flooded by a broker', async () => {
    market.licences.push(licence(1));
    await Promise.all(Array.from({ length: 200 }, () => sync.pushed(licence(1))));
    expect(passed.filter((one) => one === 'cell licence').length).toBeLessThanOrEqual(16);
    await sync.pushed(licence(1));
    expect(passed.filter((one) => one === 'cell licence').length).toBeLessThanOrEqual(17);
  });

  const ended = (claim: string, stage: 'spent' | 'void'): void => {
    const [order, cti] = [idOf(1), ctiOf(1)];
    market.licences.push(licence(1));
    cell.uses.push({ cti, seq: 1, order, stage, result: 'ok', claim: `${claim} ${cti}`, booked: false });
  };

  it('books a USAGE, as often as it takes', async () => {
    ended('usage', 'spent');
    market.fault = 'answer lost';
    await expect(sync.outcome(idOf(1))).rejects.toMatchObject({ code: 'marketplace/unreachable' });
    expect(cell.uses[0]?.booked).toBe(false);
    expect(await sync.outcome(idOf(1))).toBe('booked');
    expect([cell.uses[0]?.booked, market.booked.size]).toEqual([true, 1]);
  });

  it('claims a void use, fetches the licence that follows, and gets the same answer again', async () => {
    ended('void', 'void');
    market.fault = 'answer lost';
    await expect(sync.outcome(idOf(1))).rejects.toMatchObject({ code: 'marketplace/unreachable' });
    expect(await sync.outcome(idOf(1))).toBe('licence_follows');
    expect(await sync.outcome(idOf(1))).toBe('licence_follows');
    expect(cell.uses).toHaveLength(2);
    expect(cell.uses[0]?.booked).toBe(false);
  });

  it('tells the cell of a claim that was refused', async () => {
    ended('void', 'void');
    market.reissues = 0;
    expect(await sync.outcome(idOf(1))).toBe('refused');
    expect(cell.uses[0]?.booked).toBe(true);
  });

  it('lets nothing overlap, and goes on after a failure', async () => {
    let inside = 0;
    let most = 0;
    const slow = market.licencesAfter;
    market.licencesAfter = async (seq) => {
      inside += 1;
      most = Math.max(most, inside);
      await Promise.resolve();
      inside -= 1;
      return slow(seq);
    };
    market.head = () => Promise.reject(new Failure('marketplace/unreachable'));
    const all = await Promise.allSettled([sync.licences(), sync.all(), sync.licences()]);
    expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(most).toBe(1);
  });
});
