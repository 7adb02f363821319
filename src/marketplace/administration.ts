import type { Accounts } from './accounts/accounts.ts';
import type { Database } from './database/database.ts';
import type { ClaimGrant, RefusedClaim } from './licensing/claims-by-hand.ts';
import type { Licensing } from './licensing/licensing.ts';
import type { MachineView } from './licensing/machines-view.ts';
import type { ReleaseOrder } from './licensing/release.ts';
import type { RevocationTarget } from './licensing/revocations.ts';
import type { Estate, LossReport } from './licensing/succession.ts';
import type { Ledger } from './payments/ledger.ts';

export interface AdministrationPorts {
  readonly database: Database;
  readonly accounts: Accounts;
  readonly licensing: Licensing;
  readonly payments: Ledger;
}

/** What the marketplace's operator decides about machines. */
export class Administration {
  readonly #ports: AdministrationPorts;

  constructor(ports: AdministrationPorts) {
    this.#ports = ports;
  }

  machines(): Promise<MachineView[]> {
    return this.#ports.licensing.machines();
  }

  /** Ends a machine's quarantine. @throws Failure as `releaseMachine` */
  release(machine: string, order: ReleaseOrder): Promise<void> {
    return this.#ports.licensing.release(machine, order);
  }

  /** Revokes a licence, machine, author or recipe. @throws Failure as `revoke` of licensing */
  revoke(target: RevocationTarget, person: string, reason: string): Promise<void> {
    return this.#ports.licensing.revoke(target, person, reason);
  }

  /** Claims for spoilt uses that were refused: above the cap, or of drinks that had begun. */
  refusedClaims(): Promise<RefusedClaim[]> {
    return this.#ports.licensing.refusedClaims();
  }

  /** Grants one of them; answers the number of the licence. @throws Failure as `grantClaim` */
  grantClaim(grant: ClaimGrant): Promise<number> {
    return this.#ports.licensing.grantClaim(grant);
  }

  /** Enrols a machine by its certificate (LDevID), DER; answers its id. @throws Failure as `Machines.enrol` */
  enrol(certificate: Uint8Array): Promise<string> {
    return this.#ports.accounts.enrol(certificate);
  }

  /** Takes a DECOMMISSION that came by hand or by desk. @throws Failure as `bookDecommission` */
  async decommission(message: Uint8Array): Promise<Estate> {
    const estate = await this.#ports.licensing.decommission(message);
    await this.#ports.accounts.retire(estate.machine);
    return estate;
  }

  /**
   * Retires a machine whose token is dead or gone: its certificate opens nothing any more, and every machine is told by
   * the status list.
   * @throws Failure as `reportLoss`
   */
  async reportLoss(report: LossReport): Promise<Estate> {
    const { accounts, licensing } = this.#ports;
    await accounts.claims(report.machine);
    const estate = await licensing.reportLoss(report);
    await accounts.retire(report.machine);
    const people = `${report.operator}, ${report.technician}`;
    await licensing.revoke({ t: 'machine', machine: report.machine }, people, report.reason.slice(0, 64));
    return estate;
  }

  /**
   * Makes an enrolled machine the heir of a retired one: what was unspent is licensed to it, and it gets what is left on the
   * account.
   * @throws Failure `marketplace/unknown-machine`, and as `succeed`
   */
  async succeed(machine: string, heir: string): Promise<Estate> {
    const { database, accounts, licensing, payments } = this.#ports;
    const claims = await accounts.claims(heir);
    return database.transaction(async (transaction) => {
      const estate = await licensing.succeed(transaction, machine, { machine: heir, claims });
      await payments.inherit(transaction, machine, heir);
      return estate;
    });
  }
}
