import { Failure } from '#shared/failure.ts';
import type { FailureCode } from '#shared/failure-codes.ts';
import type { MarketplaceClient } from '../marketplace/marketplace-client.ts';
import { claimOf, ctiOf, licenceMessage, orderOf } from './fake-cell.ts';

/** A marketplace as desk sees it, which sells each licence for 650 satoshi; requests or answers can be lost. */
export class FakeMarketplace implements MarketplaceClient {
  up = true;
  fault: 'none' | 'request lost' | 'answer lost' = 'none';
  /** Refuses what would be bought now with this. */
  refusal: FailureCode | null = null;
  reissues = 3;
  readonly bought = new Map<string, number>();
  readonly licences: Uint8Array[] = [];
  readonly acks: string[] = [];
  readonly booked = new Set<string>();
  readonly claims = new Map<string, Uint8Array | null>();

  listings: MarketplaceClient['listings'] = () => this.#answer(() => []);
  sealed: MarketplaceClient['sealed'] = () => this.#answer(() => new Uint8Array(0));
  picture: MarketplaceClient['picture'] = () => this.#answer(() => new Uint8Array(0));
  prekeys: MarketplaceClient['prekeys'] = () => this.#answer(() => undefined);
  offer: MarketplaceClient['offer'] = () =>
    this.#answer(() => {
      if (this.refusal !== null) throw new Failure(this.refusal);
      return new Uint8Array(8);
    });
  time: MarketplaceClient['time'] = () => this.#answer(() => new Uint8Array(8));
  statusList: MarketplaceClient['statusList'] = () => this.#answer(() => new Uint8Array(8));
  recover: MarketplaceClient['recover'] = () => this.#answer(() => undefined);
  decommission: MarketplaceClient['decommission'] = () => this.#answer(() => undefined);
  head: MarketplaceClient['head'] = () => this.#answer(() => new Uint8Array(8));
  ack: MarketplaceClient['ack'] = (message) =>
    this.#answer(() => void this.acks.push(new TextDecoder().decode(message)));
  licencesAfter: MarketplaceClient['licencesAfter'] = (seq) => this.#answer(() => this.licences.slice(seq, seq + 16));

  order: MarketplaceClient['order'] = (message) =>
    this.#answer(() => {
      const order = orderOf(message);
      const seq = this.bought.get(order) ?? this.#issue(order);
      this.bought.set(order, seq);
      return { seq, charged_sat: 650, split: { licensor_sat: 455, marketplace_sat: 195 } };
    });

  usage: MarketplaceClient['usage'] = (message) =>
    this.#answer(() => {
      this.booked.add(claimOf(message));
      return new Uint8Array(8);
    });

  voidClaim: MarketplaceClient['voidClaim'] = (message) =>
    this.#answer(() => {
      const cti = claimOf(message);
      const told = this.claims.get(cti);
      if (told !== undefined) return told;
      this.reissues -= 1;
      const answer = this.reissues < 0 ? new Uint8Array(8) : null;
      if (answer === null) this.#issue(this.#orderOf(cti));
      this.claims.set(cti, answer);
      return answer;
    });

  #issue(order: string): number {
    const seq = this.licences.length + 1;
    this.licences.push(licenceMessage(seq, ctiOf(seq), order));
    return seq;
  }

  #orderOf(cti: string): string {
    const found = this.licences.map((one) => new TextDecoder().decode(one)).find((one) => one.includes(cti));
    return found?.split(' ')[2] ?? '';
  }

  async #answer<T>(work: () => T): Promise<T> {
    const { fault } = this;
    this.fault = 'none';
    await Promise.resolve();
    if (!this.up || fault === 'request lost') throw new Failure('marketplace/unreachable');
    const answer = work();
    await Promise.resolve();
    if (fault === 'answer lost') throw new Failure('marketplace/unreachable');
    return answer;
  }
}
