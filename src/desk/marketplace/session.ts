import { isFailure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { type Bearer, type Certified, type EnrolmentPorts, enrol, fetchToken } from './enrolment.ts';
import type { HttpsAnswer, HttpsRequest, TlsCredential } from './https-client.ts';

/**
 * Who desk is to the marketplace: a TLS key in memory under a certificate of at most a day (EST, RFC 7030, on a TLS_GRANT
 * of the cell), and an access token bound to that certificate (RFC 8705). Both are renewed in time.
 */
export interface MarketplaceSession {
  /** A request with the access token; one fresh token is tried after a 401. */
  request(request: HttpsRequest): Promise<HttpsAnswer>;
  /** The certificate that the broker accepts too. */
  credential(): Promise<TlsCredential>;
  /** Called when a new certificate was obtained. */
  onRenewed(listener: (credential: TlsCredential) => void): void;
}

export interface SessionPorts extends EnrolmentPorts {
  readonly log: Log;
}

/** A certificate that cannot be renewed is used to its end; so long between two tries. */
const renewalPauseMs = 60_000;

export function marketplaceSession(ports: SessionPorts): MarketplaceSession {
  return new Session(ports);
}

class Session implements MarketplaceSession {
  readonly #ports: SessionPorts;
  readonly #listeners: ((credential: TlsCredential) => void)[] = [];
  #certified: Certified | null = null;
  #bearer: Bearer | null = null;
  // several callers share one enrolment, and one token
  #enrolling: Promise<Certified> | null = null;
  #fetching: Promise<Bearer> | null = null;

  constructor(ports: SessionPorts) {
    this.#ports = ports;
  }

  async request(request: HttpsRequest): Promise<HttpsAnswer> {
    const first = await this.#token(null);
    const answer = await this.#send(request, first);
    return answer.status === 401 ? this.#send(request, await this.#token(first)) : answer;
  }

  async credential(): Promise<TlsCredential> {
    const held = this.#certified;
    const now = this.#ports.clock.monotonic();
    if (held !== null && now < held.renewAt) return held.credential;
    try {
      return (await this.#renewed()).credential;
    } catch (error) {
      if (held === null || now >= held.endsAt) throw error;
      this.#ports.log.warn('TLS certificate not renewed', { code: isFailure(error) ? error.code : String(error) });
      this.#certified = { ...held, renewAt: now + renewalPauseMs };
      return held.credential;
    }
  }

  onRenewed(listener: (credential: TlsCredential) => void): void {
    this.#listeners.push(listener);
  }

  #send(request: HttpsRequest, token: string): Promise<HttpsAnswer> {
    const headers = { ...request.headers, authorization: `Bearer ${token}` };
    return this.#ports.https.request({ ...request, headers });
  }

  /** An access token other than `refused`. */
  async #token(refused: string | null): Promise<string> {
    await this.credential();
    const held = this.#bearer;
    if (held !== null && held.token !== refused && this.#ports.clock.monotonic() < held.until) return held.token;
    this.#fetching ??= fetchToken(this.#ports, 'machine').finally(() => {
      this.#fetching = null;
    });
    this.#bearer = await this.#fetching;
    return this.#bearer.token;
  }

  #renewed(): Promise<Certified> {
    this.#enrolling ??= this.#enrol().finally(() => {
      this.#enrolling = null;
    });
    return this.#enrolling;
  }

  async #enrol(): Promise<Certified> {
    const { https, log } = this.#ports;
    const certified = await enrol(this.#ports);
    this.#certified = certified;
    // tokens are bound to the certificate
    this.#bearer = null;
    https.present(certified.credential);
    log.info('TLS certificate obtained');
    for (const listener of this.#listeners) listener(certified.credential);
    return certified;
  }
}
