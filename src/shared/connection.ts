/** A stream of bytes to one other process, always passed in. */
export interface Connection {
  /** Resolves when the bytes were taken by the system. */
  send(bytes: Uint8Array): Promise<void>;
  onBytes(listener: (bytes: Uint8Array) => void): void;
  /** Called once, however the connection ends. */
  onClose(listener: () => void): void;
  close(): void;
}

/** Where connections come from. Disposing it closes them all. */
export interface Listener extends AsyncDisposable {
  readonly address: string;
}
