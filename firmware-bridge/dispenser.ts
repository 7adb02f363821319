import type { FailureCode } from '#shared/failure-codes.ts';
import type { Microlitres, MicrolitresPerSecond, Microseconds, Milliseconds } from '#shared/units.ts';
import type { DoseBuffer } from './dose-buffer.ts';
import type { Readings } from './readings.ts';
import type { StepBuffer } from './step-buffer.ts';

/**
 * What turns pump steps into flowing liquid. An output is a lease, not a state: it is on while a job runs *and* the
 * job's lease was renewed in time, and off in every other case, whoever died. The limits of a pump lie beyond this
 * port, at the far end, and are kept there even against this host.
 *
 * `firmware-bridge/PROTOCOL.md` says what each driver can promise; `dispenser-contract.ts` tests it.
 */
export interface Dispenser extends AsyncDisposable {
  readonly guarantee: Guarantee;

  /**
   * Gives the far end the limits of all pumps and, after every output was read back inactive, switches the pump supply
   * on. Nothing can be armed before. @throws Failure `dispenser/output-stuck` when an output is active at rest (the
   * supply stays off), `dispenser/unknown-pump` for a number beyond 31, `dispenser/failed` when the far end does not answer.
   */
  configure(pumps: readonly PumpLimits[]): Promise<void>;

  /**
   * Starts a job: a copy of `steps` goes to the far end, job time 0 is when it starts there. The caller may wipe
   * `steps` when this resolves. All or nothing: a refused job moves nothing.
   * @throws Failure `dispenser/unknown-pump`, `dispenser/over-limit` (also for overlapping steps of a pump, and for a job
   * while one runs), `dispenser/late` (the steps arrived after their start), `dispenser/output-stuck` (the supply is cut),
   * `dispenser/failed`.
   *
   * `heed`: the contacts that must be made while the job runs (all, unless given). Where `guarantee.stopsOnOpenContact` the far
   * end itself ends the job (`stopped`) when one opens, and `inputs` tells which before `ended` settles.
   */
  arm(steps: StepBuffer, lease: Milliseconds, heed?: readonly GuardName[]): Promise<Armed>;

  /** Ends the job if one runs and switches all outputs off; may be called at any time, any number of times. @throws Failure `dispenser/failed`. */
  stop(): Promise<void>;

  /** Takes the supply of all pumps away, for an output that does not obey; only `configure` gives it back, also after a supply that went by itself. @throws Failure `dispenser/failed`. */
  cutSupply(): Promise<void>;

  /** Which outputs are active now, as read back from the pins, bit n for pump n; 0 at rest. @throws Failure `dispenser/failed`. */
  readBack(): Promise<number>;

  /**
   * Whether an output did not obey since the last `configure`, which somebody has to call who has looked; absent where only the ends of jobs
   * tell it.
   */
  readonly isStuck?: boolean;

  /** What measures while it pours; absent where nothing does. */
  readonly sensors?: Sensors;

  /** The inputs as last seen. */
  inputs(): Inputs;

  /** Calls `listener` after each change of an input. */
  onInputs(listener: (inputs: Inputs) => void): Disposable;

  /**
   * Writes what the last job executed into `doses`; kept beyond the host's death where `guarantee.keepsLastJob`. Null
   * when there was none or it was forgotten; while a job runs, what it executed so far. @throws Failure `dispenser/failed`.
   */
  lastJob(doses: DoseBuffer): Promise<LastJob | null>;

  /** Wipes the record of the last job. @throws Failure `dispenser/failed`. */
  forgetLastJob(): Promise<void>;
}

/** A running job. */
export interface Armed {
  /** The job's number, rising by one; after a crash it tells whose doses `lastJob` holds. */
  readonly job: number;
  /** How the job ended; settles at the latest one lease after the last renewal, and never rejects. */
  readonly ended: Promise<JobEnd>;
  /** Gives the job one more lease from now. @throws Failure `dispenser/lease-expired` when it came too late, `dispenser/failed`. */
  renew(): Promise<void>;
}

export type JobEnd =
  | { readonly t: 'done' }
  | { readonly t: 'stopped' }
  | { readonly t: 'fault'; readonly code: FailureCode };

export interface LastJob {
  readonly job: number;
  readonly end: JobEnd | { readonly t: 'running' };
}

/** What a pump may never exceed, whoever asks. Its output is off by default, before and after everything. */
export interface PumpLimits {
  /** 0 … 31, as a bit of `readBack` and of `Inputs.empty`. */
  readonly pump: number;
  /** Longest time on in one job, all its steps together. */
  readonly maxOn: Milliseconds;
  /** Most in one job, counted at the pump's greatest flow. */
  readonly maxVolume: Microlitres;
  readonly maxFlow: MicrolitresPerSecond;
}

/** A contact is `made` when all is well (glass there, door shut, supply there, key turned); `unfitted` when the machine has none. */
export type Contact = 'made' | 'open' | 'unfitted';

export interface Inputs {
  readonly glass: Contact;
  readonly door: Contact;
  readonly tray: Contact;
  readonly supply: Contact;
  readonly serviceKey: Contact;
  /** Bit n: the bottle of pump n reports empty. Always 0 without level switches. */
  readonly empty: number;
}

/** Sensors of what flows. Their readings are amounts: they lie in one buffer that is wiped, and nowhere else. */
export interface Sensors {
  /** Whether a scale stands below the glass. */
  readonly scale: boolean;
  /** Pumps whose line has a flow meter. */
  readonly flowMeters: readonly number[];
  /** Fills `readings` with each reading from now on, then calls `onReading`. One watcher at a time. */
  watch(readings: Readings, onReading: () => void): Disposable;
}

/** The contacts that guard a job. */
export type GuardName = 'glass' | 'door' | 'tray';

/** What a driver can promise; said in the documents and in the log at start. */
export interface Guarantee {
  readonly driver: string;
  /** Who times the doses. */
  readonly timedBy: 'microcontroller' | 'host' | 'model';
  readonly resolution: Microseconds;
  /** Outputs are off this long after the host died; null: only a hardware watchdog ends them. */
  readonly offAfterHostDeath: 'one lease' | null;
  readonly keepsLastJob: boolean;
  /** Whether the far end itself ends a job when a contact opens; else the caller has to. */
  readonly stopsOnOpenContact: boolean;
}
