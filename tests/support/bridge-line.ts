import { crc32 } from 'node:zlib';
import { SerialPort } from 'serialport';

/** Requests of the bridge protocol ("On the wire" of firmware-bridge/PROTOCOL.md). */
export const request = {
  hello: 0x01,
  pump: 0x02,
  input: 0x03,
  supply: 0x04,
  scale: 0x05,
  meter: 0x06,
  enable: 0x07,
  steps: 0x10,
  arm: 0x11,
  renew: 0x12,
  stop: 0x13,
  cut: 0x14,
  status: 0x20,
  last: 0x21,
  pulses: 0x22,
  forget: 0x23,
  watch: 0x24,
} as const;

const refusal = 0x7f;
// longer than the protocol's 30 ms: an emulated board shares its core with whatever else runs
const answerWithin = 150;
const sendings = 6;

/** The far end said no. */
export class Refused extends Error {
  readonly error: number;
  readonly detail: number;
  constructor(error: number, detail: number) {
    super(`refused with ${error} (${detail})`);
    this.error = error;
    this.detail = detail;
  }
}

/** A frame without its CRC. */
export interface Frame {
  readonly type: number;
  readonly seq: number;
  readonly payload: Buffer;
}

/** One request after the other on a board's line, for tests of the firmware; takes no care of what it holds. */
export class BridgeLine implements AsyncDisposable {
  readonly events: Frame[] = [];
  readonly #port: SerialPort;
  #seq = 0;
  #session = 0;
  #received = Buffer.alloc(0);
  #answered: ((frame: Frame) => void) | null = null;
  readonly #waiting = new Set<() => void>();

  private constructor(port: SerialPort) {
    this.#port = port;
    port.on('data', (bytes: Buffer) => this.#take(bytes));
  }

  static async open(path: string): Promise<BridgeLine> {
    const port = new SerialPort({ path, baudRate: 250_000, autoOpen: false });
    await new Promise<void>((resolve, reject) => {
      port.open((error) => (error === null ? resolve() : reject(error)));
    });
    return new BridgeLine(port);
  }

  /** Opens a session; answers what HELLO answers. */
  async hello(session: number): Promise<Buffer> {
    this.#session = session;
    return this.ask(request.hello, u8(1));
  }

  /** Sends a request of this session and answers the payload. @throws Refused; Error when no answer comes. */
  async ask(type: number, ...parts: readonly Buffer[]): Promise<Buffer> {
    this.#seq = (this.#seq % 255) + 1;
    const frame = await this.exchange({ type, seq: this.#seq, payload: Buffer.concat([u32(this.#session), ...parts]) });
    if (frame.type === refusal) throw new Refused(frame.payload[0] ?? 0, frame.payload[1] ?? 0);
    return frame.payload;
  }

  /** Sends the frame, again when no answer comes. */
  async exchange(frame: Frame): Promise<Frame> {
    for (let i = 0; i < sendings; i += 1) {
      const answer = await this.#once(frame);
      if (answer !== null) return answer;
    }
    throw new Error('the link is lost');
  }

  #once(frame: Frame): Promise<Frame | null> {
    const { promise, resolve } = Promise.withResolvers<Frame | null>();
    const timer = setTimeout(() => resolve(null), answerWithin);
    this.#answered = (answer) => {
      const isOurs = answer.seq === frame.seq && (answer.type === refusal || answer.type === (frame.type | 0x40));
      if (isOurs) resolve(answer);
    };
    this.write(encode(frame));
    return promise.finally(() => clearTimeout(timer));
  }

  write(bytes: Buffer): void {
    this.#port.write(bytes);
  }

  /** Resolves with the first event of this type, from now on or before, that is as wanted. */
  async event(type: number, wanted: (event: Frame) => boolean = () => true): Promise<Frame> {
    const { promise, resolve } = Promise.withResolvers<Frame>();
    const look = (): void => {
      const found = this.events.find((each) => each.type === type && wanted(each));
      if (found !== undefined) resolve(found);
    };
    this.#waiting.add(look);
    look();
    return promise.finally(() => this.#waiting.delete(look));
  }

  #take(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes]);
    for (let end = this.#received.indexOf(0); end >= 0; end = this.#received.indexOf(0)) {
      const frame = decode(this.#received.subarray(0, end));
      this.#received = this.#received.subarray(end + 1);
      if (frame === null) continue;
      if (frame.type >= 0x80) this.events.push(frame);
      else this.#answered?.(frame);
      for (const look of this.#waiting) look();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#port.isOpen) return;
    await new Promise<void>((resolve) => {
      this.#port.close(() => resolve());
    });
  }
}

export function u8(...values: readonly number[]): Buffer {
  return Buffer.from(values);
}

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** Steps as STEPS brings them: [pump, drive, start, stop], times in ticks. */
export function rows(...steps: readonly (readonly [number, number, number, number])[]): Buffer {
  return Buffer.concat(steps.flatMap(([pump, drive, start, stop]) => [u8(pump), u16(drive), u32(start), u32(stop)]));
}

/** The payload of ARM. */
export function order(of: {
  readonly job: number;
  readonly rows: Buffer;
  readonly rest?: number;
  readonly leaseMs?: number;
  readonly heed?: number;
  readonly delay?: number;
}): Buffer {
  const { rest = 0, leaseMs = 250, heed = 0, delay = 0 } = of;
  return Buffer.concat([
    u32(of.job),
    u8(of.rows.length / 11),
    u32(rest),
    u16(leaseMs),
    u8(heed),
    u32(delay),
    u32(crc32(of.rows)),
  ]);
}

/** The bytes of a frame, between two zero bytes. */
export function encode({ type, seq, payload }: Frame): Buffer {
  const body = Buffer.concat([u8(type, seq), payload]);
  return Buffer.concat([u8(0), cobs(Buffer.concat([body, u32(crc32(body))])), u8(0)]);
}

function cobs(bytes: Buffer): Buffer {
  const blocks: number[][] = [[]];
  for (const byte of bytes) {
    if (byte === 0) blocks.push([]);
    else blocks.at(-1)?.push(byte);
  }
  return Buffer.from(blocks.flatMap((block) => [block.length + 1, ...block]));
}

function decode(encoded: Buffer): Frame | null {
  const bytes: number[] = [];
  for (let at = 0; at < encoded.length; ) {
    const code = encoded[at] ?? 0;
    if (at > 0) bytes.push(0);
    bytes.push(...encoded.subarray(at + 1, at + code));
    at += code;
  }
  const frame = Buffer.from(bytes);
  if (frame.length < 6) return null;
  const body = frame.subarray(0, -4);
  if (crc32(body) !== frame.readUInt32LE(frame.length - 4)) return null;
  return { type: body[0] ?? 0, seq: body[1] ?? 0, payload: body.subarray(2) };
}
