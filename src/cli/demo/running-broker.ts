export interface BrokerOptions {
  /** A folder of the broker's own; made when absent, mode 0700. */
  readonly folder: string;
  /** On 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  /** PEM: the CA of all clients, and the broker's own certificate for 127.0.0.1 with its key. */
  readonly tls: { readonly ca: string; readonly certificate: string; readonly key: string };
  /** Common name of the one client that may publish to all machines. */
  readonly publisher: string;
  /** Whether sessions outlive the broker. */
  readonly persistent: boolean;
  /** Takes the embedded broker although mosquitto is installed. */
  readonly embedded?: boolean;
}

/** A broker that listens, every client known by its certificate. Disposing it ends it and its child process. */
export interface RunningBroker extends AsyncDisposable {
  /** `mqtts://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  readonly kind: 'mosquitto' | 'embedded';
  /** What its clients must speak: 5, or 4 (3.1.1) with the embedded broker. */
  readonly protocolVersion: 4 | 5;
  stop(): Promise<void>;
}

/** Largest message that a client may send or get, in bytes. */
export const maxMessageBytes = 64 * 1024;
