import type { Token } from '#hsm/token.ts';
import type { TokenObject } from '#hsm/token-objects.ts';
import type { Clock } from '#shared/clock.ts';
import type { Disk } from '#shared/disk.ts';
import type { Entropy } from '#shared/entropy.ts';
import type { TrustAnchors } from '#wire/certificate-chain.ts';
import type { Audit, AuditNote } from './audit.ts';
import type { Step } from './sequence.ts';

/** The machine's token with its keys, and every object of it read back. */
export interface MachineToken {
  readonly token: Token;
  readonly objects: () => readonly TokenObject[];
}

export interface ProvisionPorts {
  /** Opens the token, initialising it when it is not; called by the first step and answered again to every later one. */
  readonly openToken: () => Promise<MachineToken>;
  /** The cell's folder. */
  readonly disk: Disk;
  readonly clock: Clock;
  readonly entropy: Entropy;
  /** The person at the console, as the audit record names them. */
  readonly who: string;
}

/** Whose machine this is, and whom it shall believe. */
export interface ProvisionPlan {
  readonly machine: string;
  readonly name: string;
  readonly machineClass: string;
  /** Class whose key the machine shall hold. */
  readonly keyClass: string;
  readonly issuer: string;
  readonly anchors: TrustAnchors;
  /** 2048 where making 3072 takes longer than twenty seconds. */
  readonly identityBits?: 2048 | 3072 | undefined;
  /** The first one-time keys; without this the cell makes them when it first reaches licensing. */
  readonly prekeys?: { readonly bits: 2048 | 3072; readonly count: number } | undefined;
}

/** What goes out: a certificate request, and TRANSPORT_REQ. */
export type Sent = 'request' | 'transport';
/** What comes in: the certificate, and CLASS_KEY. */
export type Received = 'certificate' | 'class-key';

/** The way to the maker and back: files on a stick, or EST. Each call may be repeated. */
export interface Exchange {
  send(what: Sent, bytes: Uint8Array): Promise<void>;
  /** The answer; null while there is none. */
  receive(what: Received): Promise<Uint8Array | null>;
  /** Takes an answer away that must not be used again. */
  erase(what: Received): Promise<void>;
}

/** What the steps of one run share. */
export interface ProvisionRun {
  readonly plan: ProvisionPlan;
  readonly ports: ProvisionPorts;
  readonly exchange: Exchange;
  readonly audit: Audit;
}

/** What a step is given: whether it was begun before, and what it waited for. */
export interface StepInput {
  readonly resume: boolean;
  readonly input: Uint8Array | null;
}

/** How a step ends: done, or with an earlier one to be done again first. */
export type StepOutcome =
  | ({ readonly t: 'done' } & AuditNote)
  | { readonly t: 'undone'; readonly from: Step; readonly facts: NonNullable<AuditNote['facts']> };
