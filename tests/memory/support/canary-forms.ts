/** The forms in which a number may lie in the memory of a Node process, each as the bytes to look for. */
export const canaryForms = {
  'u32 le': (value: number) => bytes(4, (view) => view.setUint32(0, value, true)),
  'u32 be': (value: number) => bytes(4, (view) => view.setUint32(0, value)),
  /** V8 with 32-bit tagged values: shifted by one. */
  smi31: (value: number) => bytes(4, (view) => view.setUint32(0, value * 2, true)),
  /** V8 with 64-bit tagged values, as Node is built: in the upper half, the lower all zero. */
  smi32: (value: number) => bytes(8, (view) => view.setUint32(4, value, true)),
  'float64 le': (value: number) => bytes(8, (view) => view.setFloat64(0, value, true)),
  'float64 be': (value: number) => bytes(8, (view) => view.setFloat64(0, value)),
  decimal: (value: number) => Buffer.from(String(value), 'latin1'),
  'decimal utf-16': (value: number) => Buffer.from(String(value), 'utf16le'),
  hex: (value: number) => Buffer.from(value.toString(16), 'latin1'),
  'hex utf-16': (value: number) => Buffer.from(value.toString(16), 'utf16le'),
  HEX: (value: number) => Buffer.from(value.toString(16).toUpperCase(), 'latin1'),
} as const satisfies Readonly<Record<string, (value: number) => Uint8Array>>;

export type CanaryForm = keyof typeof canaryForms;
export const formNames = Object.keys(canaryForms) as CanaryForm[];

function bytes(length: number, write: (view: DataView) => void): Uint8Array {
  const array = new Uint8Array(length);
  write(new DataView(array.buffer));
  return array;
}
