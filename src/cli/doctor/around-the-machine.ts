import { request } from 'node:https';
import { connect } from 'node:tls';
import { Failure, isFailure } from '#shared/failure.ts';
import { menuView } from '#wire/screen-api.ts';
import { bad, type Finding, good, skipped, warning } from './finding.ts';
import type { Patient } from './patient.ts';
import { judgeCell, judgeLines, judgePrekeys } from './verdicts.ts';

const patienceMs = 5_000;

export function checkCell({ place, status }: Patient): Finding {
  return status === null ? bad('cell/silent', { socket: place.serviceSocket }) : judgeCell(status);
}

export function checkPrekeys({ config, status }: Patient): Finding {
  if (status === null) return skipped('needs/cell');
  return judgePrekeys(status.prekeys, config?.token.prekey_pool.low ?? 1);
}

export function checkLines({ status }: Patient): Finding {
  return status === null ? skipped('needs/cell') : judgeLines(status);
}

/** Asks desk for its menu, as the touchscreen does. */
export async function checkDesk({ config }: Patient): Promise<Finding> {
  if (config === null) return skipped('needs/config');
  const { listen, port } = config.desk;
  const host = ['0.0.0.0', '::'].includes(listen) ? '127.0.0.1' : listen;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  try {
    const answer = await fetch(`${url}/api/menu`, { signal: AbortSignal.timeout(patienceMs) });
    const menu = menuView.parse(await answer.json());
    const drinks = menu.drinks.filter(({ why_not: obstacles }) => obstacles.length === 0).length;
    const reason = menu.drinks[0]?.why_not[0]?.code ?? '';
    return drinks > 0 ? good('desk/good', { url, drinks }) : warning('desk/nothing-to-sell', { url, reason });
  } catch {
    return bad('desk/silent', { url });
  }
}

/** The marketplace's health, and its clock where it told one. */
export interface MarketplaceVisit {
  readonly finding: Finding;
  /** Milliseconds since 1970; null when nobody could be asked. */
  readonly clock: number | null;
}

export async function visitMarketplace({ config, ca }: Patient): Promise<MarketplaceVisit> {
  if (config === null) return { finding: skipped('needs/config'), clock: null };
  const { url } = config.marketplace;
  if (ca === null)
    return { finding: bad('marketplace/not-authentic', { url, reason: config.marketplace.ca }), clock: null };
  try {
    const { status, date } = await health(new URL('/health', url), ca);
    const finding =
      status === 200 ? good('marketplace/good', { url }) : bad('marketplace/silent', { url, reason: status });
    return { finding, clock: Number.isNaN(date) ? null : date };
  } catch (error) {
    return { finding: unreached('marketplace', url, reasonOf(error)), clock: null };
  }
}

/** Status and `date` (milliseconds since 1970) of an answer over TLS 1.3 under the pinned CA. */
function health(url: URL, ca: string): Promise<{ readonly status: number; readonly date: number }> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(patienceMs);
    const asked = request(url, { ca, minVersion: 'TLSv1.3', agent: false, signal }, (answer) => {
      answer.resume();
      resolve({ status: answer.statusCode ?? 0, date: Date.parse(answer.headers.date ?? '') });
    });
    asked.once('error', reject);
    asked.end();
  });
}

/** A TLS handshake: the broker's certificate is what is looked at. It asks for ours only afterwards. */
export async function checkBroker({ config, ca }: Patient): Promise<Finding> {
  if (config === null) return skipped('needs/config');
  const { broker: url, ca: file } = config.marketplace;
  if (ca === null) return bad('broker/not-authentic', { url, reason: file });
  const { hostname: host, port } = new URL(url);
  const named = /^[\d.]+$|:/.test(host) ? {} : { servername: host };
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port), ca, ...named, timeout: patienceMs });
    const end = (finding: Finding): void => {
      resolve(finding);
      socket.destroy();
    };
    socket.once('secureConnect', () => end(good('broker/good', { url })));
    socket.once('timeout', () => end(bad('broker/silent', { url, reason: 'ETIMEDOUT' })));
    // stays on: a refusal after the handshake is no concern of ours
    socket.on('error', (error) => end(unreached('broker', url, reasonOf(error))));
  });
}

/** The chain source that payments are watched by. */
export async function checkPayment({ config }: Patient): Promise<Finding> {
  if (config === null) return skipped('needs/config');
  const url = config.payment.esplora;
  try {
    const answer = await fetch(`${url}/blocks/tip/height`, { signal: AbortSignal.timeout(patienceMs) });
    const height = (await answer.text()).trim();
    if (!answer.ok || !/^\d{1,9}$/.test(height)) throw new Failure('payment/unknown', { reason: answer.status });
    return good('payment/good', { url, height: Number(height) });
  } catch (error) {
    return bad('payment/silent', { url, reason: reasonOf(error) });
  }
}

function unreached(who: 'marketplace' | 'broker', url: string, reason: string): Finding {
  const nobody = /^(ECONN|ENOTFOUND|EAI_|EHOST|ENET|ETIMEDOUT|UND_ERR)/.test(reason);
  return bad(nobody ? `${who}/silent` : `${who}/not-authentic`, { url, reason });
}

/** The system's code of whatever lies at the bottom of an error. */
function reasonOf(error: unknown): string {
  let reason = 'unknown';
  for (let one: unknown = error; one instanceof Error; one = one.cause) {
    if (isFailure(one)) reason = String(one.facts['reason'] ?? one.code);
    else if (['TimeoutError', 'AbortError'].includes(one.name)) reason = 'ETIMEDOUT';
    else if ('code' in one && typeof one.code === 'string') reason = one.code;
  }
  return reason;
}
