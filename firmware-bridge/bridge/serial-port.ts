/** A serial port that is open and ours alone. Whatever ends it, a waiting `read` rejects. */
export interface SerialPort {
  /** Waits for bytes and fills `into` with what has come, at least one; answers how many. One call at a time. @throws Failure `dispenser/link-lost` */
  read(into: Uint8Array): Promise<number>;
  /** Resolves when the system has taken all bytes, of which it then keeps no copy in this process. One call at a time. @throws Failure `dispenser/link-lost` */
  write(bytes: Uint8Array): Promise<void>;
  /** Gives the port back; may be called again. */
  close(): Promise<void>;
}

/**
 * Opens the port at `path`, for nobody else to use: 8 data bits, no parity, 1 stop bit.
 * @throws Failure `dispenser/port-unavailable` {port, reason: 'missing' | 'busy' | 'not-permitted' | 'unusable'}
 */
export type OpenPort = (path: string, baud: number) => Promise<SerialPort>;
