/** The numbers of PROTOCOL.md, "On the wire", version 1. */
export const protocolVersion = 1;

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

/** Turns the type of a request into that of its answer. */
export const answerBit = 0x40;
export const refusalType = 0x7f;
export const firstEvent = 0x80;
export const lastEvent = 0xbf;

export const event = { ended: 0x80, inputs: 0x81, weight: 0x82, reset: 0x83 } as const;

export const refused = {
  noSession: 1,
  unknownRequest: 2,
  malformed: 3,
  busy: 4,
  notEnabled: 5,
  unknownPump: 6,
  unknownPin: 7,
  overLimit: 8,
  overflow: 9,
  mismatch: 10,
  late: 11,
  leaseExpired: 12,
  outputStuck: 13,
  locked: 14,
  protocol: 15,
  interlock: 16,
} as const;

export const jobEnd = {
  running: 0,
  done: 1,
  stopped: 2,
  leaseExpired: 3,
  outputStuck: 4,
  interlock: 5,
  reset: 6,
  supplyLost: 7,
  noCurrent: 8,
} as const;

/** Bits of `flags` at a pin. */
export const pinFlag = { activeLow: 1, pwm: 2, pullUp: 4 } as const;
/** Stands for a pin that is not there. */
export const noPin = 0xff;

/** Bits of `contacts` and `fitted`, and numbers of `INPUT`; the level switch of pump n is input 32 + n. */
export const contact = { glass: 0, door: 1, tray: 2, supply: 3, serviceKey: 4 } as const;
export const firstLevel = 32;

/** Rows that one frame of STEPS holds, and pumps of one PULSES. */
export const rowsOfSteps = 9;
export const pumpsOfPulses = 16;
