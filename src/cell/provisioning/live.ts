import type { Token } from '#hsm/token.ts';
import type { TokenObject } from '#hsm/token-objects.ts';
import type { Clock } from '#shared/clock.ts';
import type { Disk } from '#shared/disk.ts';
import type { Entropy } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { Turn } from '#shared/turn.ts';
import { serviceOperations } from '#wire/cell-api.ts';
import type { Operation } from '../api/serve.ts';
import type { Books } from '../books.ts';
import { type Identity, readProvisioned } from '../identity.ts';
import { provisionEpoch } from '../provision.ts';
import type { Spool } from '../spool.ts';
import { epochPlan } from './epoch-plan.ts';
import { paths } from './names.ts';
import type { Exchange, ProvisionPorts, Received } from './run.ts';
import { takeAnchors } from './take-anchors.ts';

/** What the ceremonies of a running machine stand on. */
export interface LivePorts {
  readonly identity: Identity;
  readonly token: Token;
  /** Every object of the token, read back. */
  readonly tokenObjects?: (() => readonly TokenObject[]) | undefined;
  readonly spool: Spool;
  readonly books: Books;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly entropy: Entropy;
  /** Whether no drink is checked or poured: RSA keeps the token busy. */
  idle(): boolean;
}

/** What the technician's socket answers about a further class key and about whom to believe, while the machine runs. */
export function provisioningOperations(ports: LivePorts): ReadonlyMap<string, Operation> {
  const turn = new Turn();
  const { class_key_request, class_key_take, anchors_take } = serviceOperations;
  return new Map<string, Operation>([
    [
      'class_key_request',
      {
        ...class_key_request,
        run: (body) => turn.take(() => request(class_key_request.request.parse(body), ports)),
      },
    ],
    [
      'class_key_take',
      { ...class_key_take, run: (body) => turn.take(() => take(class_key_take.request.parse(body), ports)) },
    ],
    [
      'anchors_take',
      {
        ...anchors_take,
        run: (body) =>
          turn.take(async () => {
            const { message, who } = anchors_take.request.parse(body);
            const provisioned = await takeAnchors(message, { ...ports, who });
            ports.identity.adopt(provisioned);
            return { version: provisioned.anchors_version ?? 1 };
          }),
      },
    ],
  ]);
}

async function request({ who, again }: { who: string; again: boolean }, ports: LivePorts) {
  requireIdle(ports);
  await provisionEpoch(
    epochPlan(ports.identity.provisioned, ports.identity.anchors),
    portsOf(ports, who),
    exchangeOf(null),
    { again, until: 'transport' },
  );
  const message = await ports.disk.read(paths.transport);
  if (message === null) throw new Failure('machine/not-provisioned', { file: paths.transport });
  return { message };
}

async function take({ who, message }: { who: string; message: Uint8Array }, ports: LivePorts) {
  requireIdle(ports);
  const { state } = await provisionEpoch(
    epochPlan(ports.identity.provisioned, ports.identity.anchors),
    portsOf(ports, who),
    exchangeOf(message),
  );
  ports.identity.adopt(await readProvisioned(ports.disk));
  await ports.spool.dropUnheld();
  return { complete: state === 'complete', epochs: ports.identity.classKeys.map(({ epoch }) => epoch) };
}

function requireIdle(ports: Pick<LivePorts, 'idle' | 'books'>): void {
  if (ports.books.ledger.epoch.ends) throw new Failure('machine/retired');
  if (!ports.idle()) throw new Failure('machine/busy');
}

function portsOf({ token, tokenObjects, disk, clock, entropy }: LivePorts, who: string): ProvisionPorts {
  const objects = (): readonly TokenObject[] => {
    if (tokenObjects === undefined) throw new Failure('token/failed', { operation: 'read back' });
    return tokenObjects();
  };
  return { openToken: async () => ({ token, objects }), disk, clock, entropy, who };
}

function exchangeOf(answer: Uint8Array | null): Exchange {
  return {
    send: async () => {},
    receive: async (what: Received) => (what === 'class-key' ? answer : null),
    erase: async () => {},
  };
}
