import type { CellStatus } from '#wire/cell-api.ts';

/** A machine that stands idle with everything in it, with `changes`. */
export function sampleStatus(changes: Partial<CellStatus> = {}): CellStatus {
  return {
    machine: 'mixer-1',
    name: 'Bar',
    machine_class: 'beverage',
    software: 'decant 0.1.0',
    state: 'idle',
    epoch: 0,
    quarantine: null,
    token: { class: 'soft', profile: 'H', serial: '1' },
    certificate_expires: 0,
    prekeys: { free: 8, assigned: 0 },
    licences: [],
    damaged_licences: [],
    time: { now: 1_800_000_000_000, trusted: true, why: null, last: 1_800_000_000_000 },
    status_list: { number: 1, expires: 1_800_100_000_000 },
    last_seq: 0,
    journal: { index: 7, head: new Uint8Array(32).fill(0xab) },
    lines: ['orange-juice', 'vodka', 'cola', 'milk'].map((ingredient, at) => ({
      line: at + 1,
      ingredient,
      stock_ul: 1_000_000,
      bottle_ul: 1_000_000,
      max_flow_ul_per_s: 30_000,
      most_ul: 300_000,
      power_mw: 0,
    })),
    limits: {
      min_dose_ul: 1000,
      dose_error_ul: 100,
      glass_ul: 300_000,
      pumps_at_once: 4,
      power_mw: null,
      nominal_flow_ul_per_s: 20_000,
      alcohol: true,
      glass_present: true,
    },
    spooled: [],
    unfinished: [],
    ...changes,
  };
}
