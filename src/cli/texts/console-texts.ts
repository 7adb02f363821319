import type { TokenFinding } from '#cell/provisioning/read-back.ts';
import type { Received } from '#cell/provisioning/run.ts';
import type { Step } from '#cell/provisioning/sequence.ts';
import type { CellStatus } from '#wire/cell-api.ts';
import type { CheckName, FindingName } from '../doctor/finding.ts';
import type { KeepingTexts } from './keeping-texts.ts';

/** A finding in words; `{name|otherwise}` takes a fact. `todo` is empty where nothing has to be done. */
export interface FindingText {
  readonly what: string;
  readonly todo: string;
}

/** Of the findings about pumps. */
export type PumpFindingTexts = Readonly<Record<Extract<FindingName, `pumps/${string}`>, FindingText>>;

/** What commands print for people, in one language. */
export interface ConsoleTexts extends KeepingTexts {
  readonly checks: Readonly<Record<CheckName, string>>;
  readonly findings: Readonly<Record<FindingName, FindingText>>;
  readonly doctor: { readonly well: string; readonly ill: string };
  readonly states: Readonly<
    Record<'idle' | 'pouring' | 'held' | 'service' | 'fault' | 'quarantined' | 'retired', string>
  >;
  readonly status: {
    readonly is: string;
    readonly token: string;
    readonly profile: string;
    readonly serial: string;
    readonly prekeys: string;
    readonly free: string;
    readonly assigned: string;
    readonly licences: string;
    readonly unused: string;
    readonly lastNumber: string;
    readonly recipes: string;
    readonly inSpool: string;
    readonly journal: string;
    readonly entries: string;
    readonly head: string;
    readonly line: string;
    readonly contacts: string;
    readonly contact: Readonly<Record<keyof CellStatus['contacts'], string>>;
    readonly contactStates: Readonly<Record<'made' | 'open' | 'unfitted', string>>;
  };
  readonly licences: {
    readonly none: string;
    readonly unused: string;
    readonly atHand: string;
    readonly until: string;
    readonly price: string;
    readonly ask: string;
    readonly bought: string;
    readonly notBought: string;
  };
  readonly licenceStates: Readonly<Record<'good' | 'early' | 'expired' | 'paused', string>>;
  /** Whether the cell is sure of the time, and why not. */
  readonly time: Readonly<Record<'title' | 'trusted' | 'never' | 'behind' | 'ahead' | 'stale', string>>;
  readonly quarantine: Readonly<Record<'title' | 'why' | 'head' | 'out' | 'noHead', string>> & {
    readonly reasons: Readonly<Record<string, string>>;
  };
  readonly decommission: Readonly<Record<'ask' | 'done' | 'booked' | 'carry', string>>;
  readonly admin: Readonly<
    Record<
      | 'none'
      | 'revoked'
      | 'noClaims'
      | 'granted'
      | 'facts'
      | 'journal'
      | 'waiting'
      | 'refused'
      | 'released'
      | 'enrolled'
      | 'retired'
      | 'succeeded',
      string
    >
  > & { readonly states: Readonly<Record<'good' | 'quarantined' | 'released' | 'retired', string>> };
  readonly journal: { readonly whole: string };
  readonly config: { readonly good: string };
  readonly recipe: {
    readonly unverified: string;
    readonly by: string;
    readonly version: string;
    readonly class: string;
    readonly total: string;
    readonly duration: string;
    readonly pieces: string;
    readonly allergens: string;
    readonly none: string;
    readonly alcohol: string;
    readonly ingredients: string;
    readonly upTo: string;
    readonly digest: string;
    readonly leak: string;
    readonly narrow: string;
    /** Whether a machine can make it, and how exactly. */
    readonly fits: Readonly<Record<'can' | 'cannot' | 'error' | 'once' | 'worst' | 'unknown', string>>;
    readonly verified: string;
    readonly sealed: string;
    readonly notDeposited: string;
    readonly typeFingerprint: string;
    readonly import2018: Readonly<
      Record<'fillIn' | 'glass' | 'unnamed' | 'merged' | 'split' | 'rounded' | 'dropped' | 'written', string>
    >;
  };
  readonly maker: { readonly soft: string; readonly made: string };
  readonly provision: {
    readonly step: string;
    /** Behind the name of a step that was cut off before. */
    readonly again: string;
    readonly steps: Readonly<Record<Step, string>>;
    readonly waiting: Readonly<Record<Received, string>>;
    readonly complete: string;
    readonly notBegun: string;
    readonly next: string;
    readonly whole: string;
    readonly findings: Readonly<Record<TokenFinding['t'], string>>;
    readonly anchors: string;
    readonly epochs: string;
    readonly pins: string;
  };
  readonly memoryScan: { readonly searched: string; readonly unread: string; readonly copies: string };
}
