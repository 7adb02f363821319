import type { GpioPin } from './gpio-lines.ts';

/**
 * The structures of the GPIO character device, second version (Linux 5.10, include/uapi/linux/gpio.h). They are the same on every
 * processor, as the numbers of the requests are.
 */
export const request = {
  chipInfo: 0x8044_b401,
  lineInfo: 0xc100_b405,
  getLine: 0xc250_b407,
  getValues: 0xc010_b40e,
  setValues: 0xc010_b40f,
} as const;

const flag = { activeLow: 2, input: 4, output: 8, rising: 16, falling: 32, pullUp: 256, pullDown: 512 } as const;

/** Bytes of one edge event. */
export const eventSize = 48;

const text = (from: Uint8Array<ArrayBuffer>, at: number): string => {
  const field = from.subarray(at, at + 32);
  const end = field.indexOf(0);
  return new TextDecoder().decode(field.subarray(0, end === -1 ? 32 : end));
};

/** struct gpiochip_info */
export const chipInfo = {
  make: () => new Uint8Array(new ArrayBuffer(68)),
  label: (info: Uint8Array<ArrayBuffer>) => text(info, 32),
};

/** struct gpio_v2_line_info */
export const lineInfo = {
  of(offset: number): Uint8Array<ArrayBuffer> {
    const info = new Uint8Array(new ArrayBuffer(256));
    new DataView(info.buffer).setUint32(64, offset, littleEndian);
    return info;
  },
  /** Who has the line. */
  consumer: (info: Uint8Array<ArrayBuffer>) => text(info, 32),
  /** Whether somebody has it: the first of its flags. */
  isUsed: (info: Uint8Array<ArrayBuffer>) => ((info[72] ?? 0) & 1) !== 0,
};

/** struct gpio_v2_line_request for one line; an output begins with the logical value 0, which is inactive. */
export const lineRequest = {
  of(pin: GpioPin, way: 'input' | 'output'): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(new ArrayBuffer(592));
    const view = new DataView(bytes.buffer);
    view.setUint32(0, pin.offset, littleEndian);
    bytes.set(new TextEncoder().encode('decant'), 256);
    view.setUint32(288, flagsOf(pin, way), littleEndian);
    if (way === 'output') setOutputValue(view);
    view.setUint32(560, 1, littleEndian);
    return bytes;
  },
  /** The descriptor that the kernel answered. */
  descriptor: (bytes: Uint8Array<ArrayBuffer>) => new DataView(bytes.buffer).getInt32(588, littleEndian),
};

/** struct gpio_v2_line_values of one line. */
export class LineValue {
  /** Made once: a write to a pump must not leave anything on the heap. */
  readonly bytes = new Uint8Array(new ArrayBuffer(16));

  constructor() {
    this.bytes[8] = 1;
  }

  get isActive(): boolean {
    return this.bytes[0] === 1;
  }

  set isActive(active: boolean) {
    this.bytes[0] = active ? 1 : 0;
  }
}

/** Every machine that this runs on. */
const littleEndian = true;

function flagsOf({ active, pull }: GpioPin, way: 'input' | 'output'): number {
  const polarity = active === 'low' ? flag.activeLow : 0;
  if (way === 'output') return flag.output | polarity;
  const resistor = pull === 'up' ? flag.pullUp : pull === 'down' ? flag.pullDown : 0;
  return flag.input | flag.rising | flag.falling | polarity | resistor;
}

/** One attribute of the configuration: GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES, value 0, for line 0. */
function setOutputValue(view: DataView): void {
  view.setUint32(296, 1, littleEndian);
  view.setUint32(320, 2, littleEndian);
  view.setUint32(336, 1, littleEndian);
}
