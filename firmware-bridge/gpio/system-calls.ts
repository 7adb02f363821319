import koffi from 'koffi';

export type Bytes = Uint8Array<ArrayBuffer>;

/** System calls as the C library has them: each answers -1 when it fails, and `errno` says why. */
export interface SystemCalls {
  readonly open: (path: string, flags: number) => number;
  readonly close: (descriptor: number) => number;
  readonly ioctl: (descriptor: number, request: number, argument: Bytes) => number;
  readonly poll: (descriptors: Bytes, count: number, ms: number) => number;
  readonly read: (descriptor: number, into: Bytes, size: number) => number;
  readonly write: (descriptor: number, from: Bytes, size: number) => number;
  /** The name of the last call's trouble, `EBUSY`. */
  readonly errno: () => string;
}

/** Flags of open(2). */
export const readWrite = 0o2000002;
export const writeOnly = 0o2000001;

let made: SystemCalls | null = null;

/** Those of this computer. */
export function systemCalls(): SystemCalls {
  made ??= load();
  return made;
}

function load(): SystemCalls {
  const own = koffi.load(null);
  return {
    open: own.func('int open(const char *, int)') as SystemCalls['open'],
    close: own.func('int close(int)') as SystemCalls['close'],
    ioctl: own.func('int ioctl(int, unsigned long, void *)') as SystemCalls['ioctl'],
    poll: own.func('int poll(void *, unsigned long, int)') as SystemCalls['poll'],
    read: own.func('long read(int, void *, unsigned long)') as SystemCalls['read'],
    write: own.func('long write(int, const void *, unsigned long)') as SystemCalls['write'],
    errno,
  };
}

function errno(): string {
  const number = koffi.errno();
  return Object.entries(koffi.os.errno).find(([, value]) => value === number)?.[0] ?? `errno ${number}`;
}
