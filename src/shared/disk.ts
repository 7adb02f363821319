/**
 * Durable files below one root, always passed in. Paths are relative to that root with `/` between parts.
 * Every method rejects with the failure `disk/failed` when the system refuses.
 */
export interface Disk {
  /** The whole file, or null when it does not exist. */
  read(path: string): Promise<Uint8Array | null>;
  /** Replaces the file so that after a power cut it holds all of the old or all of the new bytes. Makes parent folders. */
  replace(path: string, bytes: Uint8Array): Promise<void>;
  /** Removes the file durably; nothing happens when it does not exist. */
  remove(path: string): Promise<void>;
  /** Names in a folder, sorted; empty when it does not exist. */
  list(folder: string): Promise<string[]>;
  /** Opens for reading and writing, making file and folders when absent. */
  open(path: string): Promise<DiskFile>;
  /** Renames within the root, durably. */
  rename(from: string, to: string): Promise<void>;
}

export interface DiskFile extends AsyncDisposable {
  size(): Promise<number>;
  /** Reads `into.length` bytes from `at`, fewer only at the end of the file; answers how many. */
  readAt(at: number, into: Uint8Array): Promise<number>;
  writeAt(at: number, bytes: Uint8Array): Promise<void>;
  truncate(size: number): Promise<void>;
  /** Returns when the bytes are on the medium (fsync). */
  sync(): Promise<void>;
}
