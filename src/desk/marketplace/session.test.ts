import forge from 'node-forge';
import { beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '#shared/failure.ts';
import { silentLog } from '#shared/log.ts';
import type { CellRequest } from '#wire/cell-api.ts';
import { SteppedClock } from '#tests/support/stepped-clock.ts';
import { FakeGateway, testKey } from '../testing/fake-gateway.ts';
import type { TlsCredential } from './https-client.ts';
import { type MarketplaceSession, marketplaceSession, type SessionPorts } from './session.ts';

const hourMs = 3_600_000;
const path = '/v1/account';

describe('the session with the marketplace', () => {
  let clock: SteppedClock;
  let gateway: FakeGateway;
  let session: MarketplaceSession;
  let renewed: TlsCredential[];
  let granted: CellRequest<'tls_grant'>[];
  beforeEach(() => {
    clock = new SteppedClock();
    gateway = new FakeGateway(clock);
    renewed = [];
    granted = [];
    const answers: Record<string, (body: never) => unknown> = {
      client_assertion: () => ({ issuer: 'https://market.test', jwt: 'a.b.c' }),
      status: () => ({ machine: 'mixer-1' }),
      tls_grant: (body: CellRequest<'tls_grant'>) => {
        granted.push(body);
        return { grant: Uint8Array.of(1, 2, 3) };
      },
    };
    const cell = { ask: async (operation: string, body: unknown) => answers[operation]?.(body as never) };
    const makeKey = async () => testKey;
    session = marketplaceSession({
      https: gateway,
      cell: cell as SessionPorts['cell'],
      clock,
      log: silentLog,
      makeKey,
    });
    session.onRenewed((credential) => renewed.push(credential));
  });

  const ask = async (): Promise<string> => {
    const { status, body } = await session.request({ method: 'GET', path });
    return status === 200 ? (JSON.parse(new TextDecoder().decode(body)) as { token: string }).token : `${status}`;
  };

  it('enrols with a token of scope est, then asks with one of scope machine', async () => {
    expect(await ask()).toBe('token-2');
    expect(gateway.asked).toEqual([
      '/oauth/token est',
      '/v1/est/nonce',
      '/.well-known/est/simpleenroll',
      '/oauth/token machine',
      path,
    ]);
    expect(granted).toMatchObject([{ nonce: new Uint8Array(16) }]);
    expect(renewed).toEqual(gateway.presented);
    const [certificate] = gateway.presented;
    expect(forge.pki.certificateFromPem(certificate?.cert ?? '').subject.getField('CN')).toMatchObject({
      value: 'mixer-1',
    });
  });

  it('keeps certificate and token', async () => {
    expect([await ask(), await ask()]).toEqual(['token-2', 'token-2']);
    expect(gateway.certificates).toBe(1);
  });

  it('enrols once for callers at the same time, and fetches one token for them', async () => {
    expect(await Promise.all([ask(), ask(), session.credential().then(() => ask())])).toEqual(Array(3).fill('token-2'));
    expect([gateway.certificates, gateway.tokens]).toEqual([1, 2]);
  });

  it('fetches another token before it ends', async () => {
    await ask();
    await clock.advance((gateway.tokenSeconds - 31) * 1000);
    expect(await ask()).toBe('token-2');
    await clock.advance(2000);
    expect(await ask()).toBe('token-3');
  });

  it('tries one fresh token after a 401, and not another', async () => {
    await ask();
    gateway.good = (token) => token !== 'token-2';
    expect(await ask()).toBe('token-3');
    gateway.good = () => false;
    const before = gateway.tokens;
    expect(await ask()).toBe('401');
    expect(gateway.tokens).toBe(before + 1);
  });

  it('fetches one token for all whose old one is refused at once', async () => {
    await ask();
    gateway.good = (token) => token !== 'token-2';
    expect(await Promise.all([ask(), ask(), ask()])).toEqual(Array(3).fill('token-3'));
  });

  it('renews the certificate after two thirds of its life, and says so', async () => {
    await ask();
    await clock.advance(16 * hourMs - 1);
    await ask();
    expect(gateway.certificates).toBe(1);
    await clock.advance(1);
    await ask();
    expect([gateway.certificates, renewed.length, gateway.presented.length]).toEqual([2, 2, 2]);
    expect(renewed[1]?.cert).not.toBe(renewed[0]?.cert);
  });

  it('takes a token with the new certificate, for the old one is bound to the old', async () => {
    gateway.tokenSeconds = 7 * 24 * 3600;
    expect(await ask()).toBe('token-2');
    await clock.advance(16 * hourMs);
    expect(await ask()).toBe('token-4');
  });

  it('uses a certificate to its end when it cannot be renewed, and tries each minute', async () => {
    gateway.tokenSeconds = 7 * 24 * 3600;
    await ask();
    gateway.instead = (asked) => (asked.includes('est') ? new Failure('marketplace/refused') : null);
    await clock.advance(16 * hourMs);
    expect([await ask(), await ask(), await ask()]).toEqual(['token-2', 'token-2', 'token-2']);
    expect(gateway.asked.filter((one) => one === '/v1/est/nonce')).toHaveLength(2);
    await clock.advance(60_000);
    await ask();
    expect(gateway.asked.filter((one) => one === '/v1/est/nonce')).toHaveLength(3);
    await clock.advance(8 * hourMs);
    await expect(ask()).rejects.toMatchObject({ code: 'marketplace/refused' });
    gateway.instead = () => null;
    await ask();
    expect(gateway.certificates).toBe(2);
  });

  it('does not ask for certificates all the time when its clock is wrong', async () => {
    gateway.certificateHours = -1;
    await ask();
    for (let second = 0; second < 59; second += 1) {
      await clock.advance(1000);
      await ask();
    }
    expect(gateway.certificates).toBe(1);
  });

  it('begins anew after an enrolment that failed', async () => {
    gateway.instead = () => new Failure('marketplace/unreachable');
    await expect(ask()).rejects.toMatchObject({ code: 'marketplace/unreachable' });
    gateway.instead = () => null;
    expect(await ask()).toBe('token-2');
  });

  const nonsense = new TextEncoder().encode('<html>');
  it.each([
    ['a token', '/oauth/token', nonsense],
    [
      'a token of another form',
      '/oauth/token',
      new TextEncoder().encode('{"access_token":"x","expires_in":1,"extra":1}'),
    ],
    ['a nonce', '/v1/est/nonce', new TextEncoder().encode('{"nonce":"xyz"}')],
    ['a certificate', '/.well-known/est/simpleenroll', nonsense],
    ['an empty certificate', '/.well-known/est/simpleenroll', new Uint8Array(0)],
  ])('refuses nonsense for %s', async (_what, where, body) => {
    gateway.instead = (asked) => (asked === where ? { status: 200, body } : null);
    await expect(ask()).rejects.toMatchObject({ code: 'message/malformed' });
  });

  it('says when the marketplace does not let the machine in', async () => {
    gateway.instead = (asked) => (asked === '/oauth/token' ? { status: 401, body: new Uint8Array(0) } : null);
    await expect(ask()).rejects.toMatchObject({ code: 'marketplace/not-authorised' });
  });
});
