import { readFileSync } from 'node:fs';
import { assembleCell } from '#cell/assemble.ts';
import { grantedUse, useOf } from '#cell/licences/ledger.ts';
import { simulatedMachine } from '#cell/simulated-machine.ts';
import { deskOperations } from '#cell/operations.ts';
import { findModule } from '#hsm/cryptoki.ts';
import { openToken } from '#hsm/open-token.ts';
import { hex } from '#shared/entropy.ts';
import { isFailure } from '#shared/failure.ts';
import { silentLog } from '#shared/log.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemDisk } from '#shared/node/system-disk.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import type { CellEvent } from '#wire/cell-api.ts';
import { machineConfig } from '#wire/machine-config.ts';
import { testPin } from '../../support/soft-token.ts';
import { type Doom, doomedDisk, doomedDispenser, doomedToken } from './doom.ts';

/** What a process of the cell is started with. */
export interface Errand {
  readonly state: string;
  readonly tokensFolder: string;
  /** Path of its configuration, JSON. */
  readonly config: string;
  readonly order: string;
  readonly doom: Doom;
  /** Pours the order's drink; else it only starts and says how it found things. */
  readonly pours: boolean;
}

/** What it says in the end. */
export interface Finding {
  readonly stage: string;
  readonly result: string | null;
  readonly void: boolean;
  /** Hex of the signed outcome. */
  readonly claim: string | null;
  readonly hasKey: boolean;
  readonly oneTimeKeys: number;
  /** The code with which another try at the drink was refused. */
  readonly refused: string | null;
}

/** A cell on a real token and a real disk, in a process of its own: `node cell-process.ts ERRAND`. */
async function run({ state, tokensFolder, config: file, order, doom, pours }: Errand): Promise<Finding> {
  const config = machineConfig.parse(JSON.parse(readFileSync(file, 'utf8')));
  const module = findModule(process.env['DECANT_PKCS11_MODULE']);
  const token = await openToken({ module, label: 'machine', pin: testPin, entropy: systemEntropy, tokensFolder });
  const done = Promise.withResolvers<void>();
  const tell = ({ event }: CellEvent): void => {
    if (event === 'done') done.resolve();
  };
  const parts = await assembleCell({
    config,
    token: doomedToken(token, doom),
    disk: doomedDisk(systemDisk(state), doom),
    clock: systemClock,
    entropy: systemEntropy,
    log: silentLog,
    tell,
    dispenser: doomedDispenser(simulatedMachine(config, systemClock), doom),
    broken(error) {
      throw error;
    },
  });
  const desk = deskOperations(parts);
  const ask = async (op: string): Promise<unknown> => desk.get(op)?.run({ order });
  let refused: string | null = null;
  if (pours) {
    try {
      for (const op of ['reserve', 'check', 'start']) await ask(op);
      await done.promise;
    } catch (error) {
      if (!isFailure(error)) throw error;
      refused = error.code;
    }
  }
  const over = useOf(parts.books.ledger, order);
  if (over?.spent || over?.voided) await ask('outcome');
  const use = useOf(parts.books.ledger, order) ?? grantedUse(parts.books.ledger, order);
  const [label] = use === null ? [] : [use.label];
  return {
    stage: use?.stage ?? 'none',
    result: use?.spent?.result ?? null,
    void: use?.voided != null,
    claim: use?.claim ? hex(use.claim) : null,
    hasKey: label !== undefined && token.hasKey(label),
    oneTimeKeys: token.listKeys('prekey-').length,
    refused,
  };
}

const finding = await run(JSON.parse(process.argv[2] ?? '{}') as Errand);
process.stdout.write(JSON.stringify(finding));
// what is left is for the next process, as after every other end
process.exit(0);
