import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProvisionPlan } from '#cell/provisioning/run.ts';
import type { Maker } from '#maker/maker.ts';
import { encodePlan } from '../provisioning/plan-file.ts';
import { runChild } from './child.ts';
import type { DemoPlace } from './demo-place.ts';

export const demoMachineId = 'demo-machine';
export const demoMachineName = 'Decant demo';
/** Soft tokens get class keys of demo classes only. */
export const demoKeyClass = 'demo-mixer';

/** The machine's side of provisioning, in processes of their own: only they open the machine's token. */
export class DemoProvisioning {
  readonly #place: DemoPlace;
  readonly #folder: string;

  constructor(place: DemoPlace) {
    this.#place = place;
    this.#folder = join(place.machine, 'provisioning');
  }

  /** The identity's certificate, by a request to the maker. */
  async identity(maker: Maker): Promise<Uint8Array> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await this.#writePlan(this.plan(maker, 'https://localhost', new Uint8Array(0)));
    await this.#step('request', '--out', 'request.p10');
    const request = new Uint8Array(await readFile(join(this.#folder, 'request.p10')));
    // the machine's folder may have been thrown away and the maker's kept
    return maker.enrol(demoMachineId, request, { tokenClass: 'soft', profile: 'H' }, true);
  }

  /** The class key, and everything that the cell must know of the world. */
  async finish(maker: Maker, certificate: Uint8Array, issuer: string, marketplaceCa: Uint8Array): Promise<void> {
    await this.#writePlan(this.plan(maker, issuer, marketplaceCa));
    await writeFile(join(this.#folder, 'identity.der'), certificate);
    await this.#step('class-key', '--in', 'identity.der', '--out', 'transport.cose');
    const request = new Uint8Array(await readFile(join(this.#folder, 'transport.cose')));
    await writeFile(join(this.#folder, 'class-key.cose'), await maker.answerTransport(request, 1));
    await this.#step('finish', '--in', 'class-key.cose');
  }

  plan(maker: Maker, issuer: string, marketplaceCa: Uint8Array): ProvisionPlan {
    const market = [marketplaceCa];
    return {
      machine: demoMachineId,
      name: demoMachineName,
      machineClass: 'beverage',
      keyClass: demoKeyClass,
      issuer,
      anchors: { ...maker.anchors, catalogue: market, licensing: market },
    };
  }

  #writePlan(plan: ProvisionPlan): Promise<void> {
    return writeFile(join(this.#folder, 'plan.cbor'), encodePlan(plan));
  }

  #step(step: string, ...files: string[]): Promise<unknown> {
    const named = files.map((one) => (one.startsWith('--') ? one : join(this.#folder, one)));
    return runChild({
      args: [
        'provision',
        step,
        '--machine-folder',
        this.#place.machine,
        '--plan',
        join(this.#folder, 'plan.cbor'),
        ...named,
      ],
      log: join(this.#place.logs, 'provision.log'),
    });
  }
}
