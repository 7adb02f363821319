import type { TlsCredential } from './marketplace/https-client.ts';

/** Called with what the broker pushes to this machine. */
export interface BrokerEars {
  /** A LICENCE. */
  onLicence(message: Uint8Array): void;
  /** A REVOKE. */
  onRevocation(message: Uint8Array): void;
  /** Something waits at the marketplace. */
  onNotice(): void;
}

/** A connection that is kept up until it is closed. */
export interface BrokerConnection {
  close(): Promise<void>;
}

/** Connects to the marketplace's broker under a TLS credential. */
export type Broker = (ears: BrokerEars, credential: TlsCredential) => BrokerConnection;
