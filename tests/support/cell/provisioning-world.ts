import type { KeyObject } from 'node:crypto';
import { type ProvisionResult, provision, provisionEpoch } from '#cell/provision.ts';
import type { Exchange, ProvisionPlan, ProvisionPorts, Received, Sent } from '#cell/provisioning/run.ts';
import { Maker } from '#maker/maker.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { MemoryDisk } from '../memory-disk.ts';
import { type SoftTokens, softTokens } from '../soft-token.ts';
import { keysInTurn, MemoryToken } from './memory-token.ts';

/** A maker with a SoftHSM token of its own, and the plan for one machine of a demo class. */
export interface ProvisioningWorld extends AsyncDisposable {
  readonly tokens: SoftTokens;
  readonly maker: Maker;
  readonly plan: ProvisionPlan;
  readonly fresh: () => KeyObject;
}

export async function provisioningWorld(): Promise<ProvisioningWorld> {
  const tokens = await softTokens();
  const token = await tokens.make('maker');
  const ports = { token, disk: new MemoryDisk(), clock: systemClock, entropy: systemEntropy };
  const maker = await Maker.open(ports);
  const plan: ProvisionPlan = {
    machine: 'mixer-7',
    name: 'Mixer 7',
    machineClass: 'beverage',
    keyClass: 'demo-mixer',
    issuer: 'https://market.test',
    anchors: maker.anchors,
  };
  return {
    tokens,
    maker,
    plan,
    fresh: keysInTurn(24),
    async [Symbol.asyncDispose]() {
      token[Symbol.dispose]();
      await tokens[Symbol.asyncDispose]();
    },
  };
}

/** Letters between a machine and the maker; the maker answers what it is sent, when it is asked to. */
export class Letters implements Exchange {
  readonly sent = new Map<Sent, Uint8Array>();
  readonly answers = new Map<Received, Uint8Array>();
  cut: (point: string) => void = () => {};

  async send(what: Sent, bytes: Uint8Array): Promise<void> {
    this.cut(`before send ${what}`);
    this.sent.set(what, bytes);
    this.cut(`after send ${what}`);
  }

  async receive(what: Received): Promise<Uint8Array | null> {
    return this.answers.get(what) ?? null;
  }

  async erase(what: Received): Promise<void> {
    this.cut(`before erase ${what}`);
    this.answers.delete(what);
    this.cut(`after erase ${what}`);
  }

  /** Answers what waits. `epoch` of the class key. */
  async answer(maker: Maker, plan: ProvisionPlan, waitsFor: Received, epoch = 1): Promise<void> {
    const request = this.sent.get(waitsFor === 'certificate' ? 'request' : 'transport');
    if (request === undefined) throw new Error(`nothing was sent for ${waitsFor}`);
    const claims = { tokenClass: 'soft', profile: 'H' } as const;
    const answer =
      waitsFor === 'certificate'
        ? // each bench is the same machine with another token
          await maker.enrol(plan.machine, request, claims, true)
        : await maker.answerTransport(request, epoch);
    this.answers.set(waitsFor, answer);
  }
}

class PowerLost extends Error {}

/** A machine on the bench: its token, its card and the letters. The process may end at any point; these stay. */
export class Bench {
  readonly world: ProvisioningWorld;
  readonly token: MemoryToken;
  readonly letters = new Letters();
  disk = new MemoryDisk();

  constructor(world: ProvisioningWorld) {
    this.world = world;
    this.token = new MemoryToken(world.fresh);
  }

  /** The same machine once more: token, card and nothing in the post. */
  copy(): Bench {
    const other = new Bench(this.world);
    other.token.putAll(this.token);
    other.disk = this.disk.copy();
    return other;
  }

  /**
   * Runs `work`, in which the power goes after so many changes to token, card and letters; nothing happens any more then.
   * Answers how many there were.
   */
  async cutAfter(changes: number, work: () => Promise<void>): Promise<number> {
    let count = 0;
    const spend = (): void => {
      count += 1;
      if (count > changes) throw new PowerLost();
    };
    const { disk } = this;
    this.token.cut = spend;
    this.letters.cut = spend;
    disk.refuse = (step) => {
      if (step !== 'read') count += 1;
      return count > changes;
    };
    try {
      await work();
    } catch (error) {
      if (count <= changes) throw error;
    } finally {
      this.token.cut = () => {};
      this.letters.cut = () => {};
      disk.refuse = () => false;
    }
    return count;
  }

  get ports(): ProvisionPorts {
    const machine = { token: this.token, objects: () => this.token.objects() };
    const { disk } = this;
    return { openToken: async () => machine, disk, clock: systemClock, entropy: systemEntropy, who: 'ada' };
  }

  /** One process: as far as it comes. */
  once(): Promise<ProvisionResult> {
    return provision(this.world.plan, this.ports, this.letters);
  }

  epochOnce(again = false): Promise<ProvisionResult> {
    return provisionEpoch(this.world.plan, this.ports, this.letters, { again });
  }

  /** Process after process, the maker answering in between, to the end. */
  async complete(run: () => Promise<ProvisionResult> = () => this.once(), epoch = 1): Promise<void> {
    for (let turn = 0; turn < 8; turn += 1) {
      const result = await run();
      if (result.state !== 'waiting') return;
      await this.letters.answer(this.world.maker, this.world.plan, result.for, epoch);
    }
    throw new Error('it never came to an end');
  }
}
