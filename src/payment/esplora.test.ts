import { beforeEach, describe, expect, it } from 'vitest';
import { type Instant, milliseconds } from '#shared/units.ts';
import { ScriptedEsplora } from '#tests/support/scripted-esplora.ts';
import { SteppedClock } from '#tests/support/stepped-clock.ts';
import type { ChainSource } from './chain-source.ts';
import { esplora } from './esplora.ts';
import { networkNamed } from './network.ts';

const watched = {
  address: 'rb1qqurswpc8qurswpc8qurswpc8qurswpc8cfe4l2',
  script: '00140707070707070707070707070707070707070707',
};
const unknown = (reason: string) => ({ code: 'payment/unknown', facts: { reason } });

describe('an Esplora source', () => {
  let clock: SteppedClock;
  let server: ScriptedEsplora;
  let source: ChainSource;
  beforeEach(() => {
    clock = new SteppedClock();
    server = new ScriptedEsplora(() => clock.now());
    source = esplora({ base: 'http://chain.test', network: server.network, fetch: server.fetch, clock });
  });
  const look = () => source.look(watched);
  const confirmations = async () => (await look()).outputs.map((output) => output.confirmations);

  it('reports what waits and counts blocks once it is mined', async () => {
    const txid = server.pay({ script: watched.script, value: 700 });
    expect((await look()).outputs).toEqual([{ txid, vout: 0, value: 700n, confirmations: 0, blockTime: null }]);
    server.mine();
    expect(await confirmations()).toEqual([1]);
    server.mine();
    expect(await confirmations()).toEqual([2]);
  });

  it('gives the time of the block', async () => {
    server.pay({ script: watched.script, value: 700 });
    server.mine();
    const at = Math.floor(clock.now() / 1000) * 1000;
    expect((await look()).outputs[0]?.blockTime).toBe(at as Instant);
  });

  it('leaves out outputs of the same transaction that pay others', async () => {
    server.pay(
      { script: '0014aabbccddeeff00112233445566778899aabbccdd', value: 1 },
      { script: watched.script, value: 2 },
    );
    expect((await look()).outputs).toMatchObject([{ vout: 1, value: 2n }]);
  });

  it('believes the raw transaction, not the listed amount', async () => {
    server.pay({ script: watched.script, value: 700 });
    server.lie = (path, truth) =>
      path.endsWith('/txs') ? (truth ?? '').replace('"value":700', '"value":70000') : null;
    expect((await look()).outputs).toMatchObject([{ value: 700n }]);
  });

  it('refuses a raw transaction that is another than the one listed', async () => {
    server.pay({ script: watched.script, value: 700 });
    const other = new ScriptedEsplora(() => clock.now());
    other.pay({ script: watched.script, value: 900_000 });
    const forged = await other.fetch(`http://x/tx/${await onlyTxid(other)}/hex`, {});
    const bytes = await forged.text();
    server.lie = (path) => (path.endsWith('/hex') ? bytes : null);
    await expect(look()).rejects.toMatchObject(unknown('transaction does not match its id'));
  });

  it('refuses a server of another chain by its genesis block, also for a broadcast', async () => {
    server.lie = (path) => (path === '/block-height/0' ? networkNamed('signet').genesis : null);
    await expect(look()).rejects.toMatchObject({ code: 'payment/wrong-network' });
    await expect(source.broadcast('00')).rejects.toMatchObject({ code: 'payment/wrong-network' });
  });

  it('refuses a payment said to be mined whose proof leads to another root', async () => {
    server.pay({ script: watched.script, value: 700 });
    server.mine();
    const proof = { block_height: 1, merkle: ['11'.repeat(32)], pos: 1 };
    server.lie = (path) => (path.endsWith('/merkle-proof') ? JSON.stringify(proof) : null);
    await expect(look()).rejects.toMatchObject(unknown('merkle proof does not hold'));
  });

  it('refuses a waiting payment that is only said to be mined', async () => {
    server.pay({ script: watched.script, value: 700 });
    server.lie = (path, truth) =>
      path.endsWith('/txs') ? (truth ?? '').replace('"confirmed":false', '"confirmed":true') : null;
    await expect(look()).rejects.toMatchObject(unknown('status 404'));
  });

  it('refuses a block without work', async () => {
    await look();
    server.pay({ script: watched.script, value: 700 });
    server.mine({ withoutWork: true });
    await expect(look()).rejects.toMatchObject(unknown('a header without its work'));
  });

  it('refuses a header that is another than the one asked for', async () => {
    const first = await (await server.fetch('http://x/block-height/0', {})).text();
    const header = await (await server.fetch(`http://x/block/${first}/header`, {})).text();
    server.lie = (path) => (path.endsWith('/header') ? header : null);
    await expect(look()).rejects.toMatchObject(unknown('header does not match its hash'));
  });

  it('follows a reorganisation to more work, also below its first tip', async () => {
    server.pay({ script: watched.script, value: 700 });
    server.mine();
    expect(await confirmations()).toEqual([1]);
    server.undo(2);
    for (let i = 0; i < 3; i += 1) server.mine();
    expect(await confirmations()).toEqual([]);
  });

  it('does not go back to a chain with less work', async () => {
    for (let i = 0; i < 3; i += 1) server.mine();
    await look();
    server.undo(2);
    await expect(look()).rejects.toMatchObject(unknown('a chain with less work'));
  });

  it('proves a payment in a block from before its first tip', async () => {
    server.pay({ script: watched.script, value: 700 });
    for (let i = 0; i < 20; i += 1) server.mine();
    expect(await confirmations()).toEqual([20]);
  });

  it('gives up after ten seconds of silence and says unknown', async () => {
    server.silent = /address/;
    let outcome: unknown = 'none yet';
    const looking = look().catch((error: unknown) => {
      outcome = error;
    });
    await clock.advance(9_999);
    expect(outcome).toBe('none yet');
    await clock.advance(1);
    await looking;
    expect(outcome).toMatchObject(unknown('no answer in time'));
  });

  it.each([
    ['a server error', 502, 'status 502'],
    ['no JSON', '<html>', 'malformed answer'],
    ['JSON of another form', '[{"txid":"zz"}]', 'malformed answer'],
    ['an answer that is too large', '['.padEnd(9 << 20, ' '), 'answer too large'],
  ])('says unknown to %s', async (_, told, reason) => {
    server.lie = (path) => (path.endsWith('/txs') ? told : null);
    await expect(look()).rejects.toMatchObject(unknown(reason));
  });

  it('says unknown when the server cannot be reached', async () => {
    const fetch = () => Promise.reject(new TypeError('fetch failed'));
    const cut = esplora({
      base: 'http://chain.test',
      network: server.network,
      fetch,
      clock,
      limits: { time: milliseconds(1), size: 1 },
    });
    await expect(cut.look(watched)).rejects.toMatchObject(unknown('unreachable'));
  });
});

async function onlyTxid(server: ScriptedEsplora): Promise<string> {
  const answer = await server.fetch(`http://x/address/${watched.address}/txs`, {});
  const [listed] = (await answer.json()) as { readonly txid: string }[];
  return listed?.txid ?? '';
}
