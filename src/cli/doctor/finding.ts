/** What doctor looks at, in the order of its table. */
export const checkNames = [
  'node',
  'state',
  'config',
  'token',
  'pin',
  'clock',
  'cell',
  'desk',
  'marketplace',
  'broker',
  'payment',
  'certificates',
  'prekeys',
  'journal',
  'pumps',
  'lines',
] as const;

export type CheckName = (typeof checkNames)[number];

/** Every thing that doctor can find; each has a sentence in every language of `src/cli/texts`. */
export const findingNames = [
  'node/pinned',
  'node/other',
  'node/too-old',
  'state/good',
  'state/missing',
  'state/no-access',
  'state/little-room',
  'state/full',
  'config/good',
  'config/mistakes',
  'config/missing',
  'token/good',
  'token/soft',
  'token/soft-refused',
  'token/missing',
  'pin/good',
  'pin/open',
  'pin/missing',
  'pin/by-systemd',
  'clock/good',
  'clock/alone',
  'clock/unknown',
  'clock/behind',
  'clock/apart',
  'clock/untrusted',
  'cell/good',
  'cell/silent',
  'cell/quarantined',
  'cell/retired',
  'cell/fault',
  'desk/good',
  'desk/silent',
  'desk/nothing-to-sell',
  'marketplace/good',
  'marketplace/silent',
  'marketplace/not-authentic',
  'broker/good',
  'broker/silent',
  'broker/not-authentic',
  'payment/good',
  'payment/silent',
  'certificates/good',
  'certificates/soon',
  'certificates/expired',
  'prekeys/good',
  'prekeys/few',
  'prekeys/none',
  'journal/good',
  'journal/none',
  'journal/broken',
  'journal/behind',
  'pumps/good',
  'pumps/running',
  'pumps/simulated',
  'pumps/no-supply',
  'pumps/port-missing',
  'pumps/port-closed',
  'pumps/port-busy',
  'pumps/port-unusable',
  'pumps/no-chip',
  'pumps/no-access',
  'pumps/line-taken',
  'pumps/line-unusable',
  'lines/good',
  'lines/soon',
  'lines/blocked',
  'needs/config',
  'needs/cell',
  'needs/provisioning',
  'needs/access',
] as const;

export type FindingName = (typeof findingNames)[number];

/** `bad` makes doctor fail; `skipped` could not be looked at, and the check that it needs says why. */
export type FindingState = 'good' | 'warning' | 'bad' | 'skipped';

export interface Finding {
  readonly state: FindingState;
  readonly name: FindingName;
  readonly facts: Readonly<Record<string, string | number>>;
}

type Facts = Finding['facts'];

export const good = (name: FindingName, facts: Facts = {}): Finding => ({ state: 'good', name, facts });
export const warning = (name: FindingName, facts: Facts = {}): Finding => ({ state: 'warning', name, facts });
export const bad = (name: FindingName, facts: Facts = {}): Finding => ({ state: 'bad', name, facts });
export const skipped = (name: FindingName, facts: Facts = {}): Finding => ({ state: 'skipped', name, facts });
