import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { sameBytes } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import type { Instant } from '#shared/units.ts';
import {
  commonName,
  type MachineClaims,
  machineClaims,
  parseCertificate,
  type TrustAnchors,
  verifyChain,
} from '#wire/certificate-chain.ts';
import { machineId } from '#wire/fields.ts';
import { bytes } from '../database/columns.ts';
import { type Database, one } from '../database/database.ts';

const machineRow = z.object({
  certificate: bytes,
  token_class: z.enum(['soft', 'tpm', 'hsm']),
  profile: z.enum(['H', 'S']),
  retired: z.boolean(),
});

/** What was enrolled of a machine. */
export interface EnrolledMachine {
  readonly machine: string;
  readonly key: KeyObject;
  readonly claims: MachineClaims;
}

/** The enrolment records. */
export class Machines {
  readonly #database: Database;
  readonly #anchors: TrustAnchors;

  constructor(database: Database, anchors: TrustAnchors) {
    this.#database = database;
    this.#anchors = anchors;
  }

  /**
   * Enrols a machine by its certificate (LDevID), DER, issued by a pinned CA; id, token class and profile are what
   * stands in it. The same certificate again changes nothing, a newer one replaces it. Answers the id.
   * @throws Failure `message/malformed`, `message/not-authentic`, `machine/retired` for an id that was used before
   */
  async enrol(certificate: Uint8Array, at: Instant): Promise<string> {
    const { certificate: parsed } = verifyChain([certificate], 'machine', this.#anchors, at);
    const machine = machineId.safeParse(commonName(parsed));
    if (!machine.success) throw new Failure('message/malformed', { reason: 'the common name is no machine id' });
    const { tokenClass, profile } = machineClaims(parsed);
    const before = await this.#row(machine.data);
    if (before?.retired && !sameBytes(before.certificate, certificate)) {
      throw new Failure('machine/retired', { machine: machine.data });
    }
    await this.#database.query(
      `insert into accounts.machine (machine, certificate, token_class, profile) values ($1, $2, $3, $4)
       on conflict (machine) do update set certificate = excluded.certificate,
         token_class = excluded.token_class, profile = excluded.profile`,
      [machine.data, certificate, tokenClass, profile],
    );
    return machine.data;
  }

  /** @throws Failure `marketplace/unknown-machine` */
  async find(machine: string): Promise<EnrolledMachine> {
    const row = await this.#row(machine);
    if (row === null || row.retired) throw new Failure('marketplace/unknown-machine', { machine });
    const { certificate, token_class, profile } = row;
    return { machine, key: parseCertificate(certificate).publicKey, claims: { tokenClass: token_class, profile } };
  }

  /** Whether `certificate` is the one that is enrolled for `machine`. */
  async isEnrolled(machine: string, certificate: Uint8Array): Promise<boolean> {
    const row = await this.#row(machine);
    return row !== null && !row.retired && sameBytes(row.certificate, certificate);
  }

  /** Takes the machine out of service for good. */
  async retire(machine: string): Promise<void> {
    await this.#database.query('update accounts.machine set retired = true where machine = $1', [machine]);
  }

  #row(machine: string): Promise<z.output<typeof machineRow> | null> {
    const sql = 'select certificate, token_class, profile, retired from accounts.machine where machine = $1';
    return one(this.#database, machineRow, sql, [machine]);
  }
}
