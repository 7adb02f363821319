/** One HTTPS request to the marketplace; made by an adapter that pins its CA. */
export interface HttpsRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** From the root, with its leading slash. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

export interface HttpsAnswer {
  readonly status: number;
  readonly body: Uint8Array;
}

/** A key and the certificate for it, PEM; the key lives in memory only. */
export interface TlsCredential {
  readonly key: string;
  readonly cert: string;
}

/** Rejects with `marketplace/unreachable` when there is no answer in time. */
export interface HttpsClient {
  request(request: HttpsRequest): Promise<HttpsAnswer>;
  /** Presents this certificate from now on; connections made before are closed when their last request is answered. */
  present(credential: TlsCredential): void;
  close(): void;
}
