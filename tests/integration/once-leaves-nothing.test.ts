import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoPlace } from '#cli/demo/demo-place.ts';
import { type DemoPorts, withFreePorts } from '#cli/demo/demo-ports.ts';
import { type ProgramEnd, runNode } from '#tests/run/program.ts';
import { journalEntries, storyOf } from './support/journal-entries.ts';
import { listens, processesNaming } from './support/processes.ts';
import { receiptSchema } from './support/receipt-schema.ts';
import { copyOfState } from './world.ts';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

describe('npm start -- --once --json', () => {
  const stack = new AsyncDisposableStack();
  let state: string;
  let ports: DemoPorts;
  let temporary: string;
  let end: ProgramEnd;

  beforeAll(async () => {
    state = await copyOfState(stack);
    ports = await withFreePorts({ touchscreen: 0, wallet: 0, esplora: 0, marketplace: 0, broker: 0 });
    // its own, because other tests make and remove folders at the same time
    temporary = await mkdtemp(join(tmpdir(), 'decant-tmp-'));
    stack.defer(() => rm(temporary, { recursive: true, force: true }));
    const options = Object.entries({ ...ports }).flatMap(([name, port]) => [`--${name}-port`, String(port)]);
    end = await runNode([main, 'demo', '--once', '--json', '--state', state, ...options], {
      env: { ...process.env, TMPDIR: temporary },
    });
  });
  afterAll(() => stack.disposeAsync());

  test('prints the receipt as its last line and exits 0', async () => {
    const receipt = receiptSchema.parse(JSON.parse(end.output.trim().split('\n').at(-1) ?? ''));
    expect(end.code).toBe(0);
    expect(receipt.payment.txid).not.toBeNull();
    const entries = await journalEntries(demoPlace(state).cell);
    expect(storyOf(receipt.order, entries)).toContain('OUTCOME_BOOKED');
    expect(receipt.journal.index).toBeLessThanOrEqual(entries.length);
  });

  test('leaves no process, no listening port and no socket behind', async () => {
    expect(await processesNaming(state)).toEqual([]);
    for (const [name, port] of Object.entries({ ...ports })) expect(await listens(port), name).toBe(false);
    const sockets = await readdir(demoPlace(state).sockets, { recursive: true });
    expect(sockets.filter((name) => name.endsWith('.sock'))).toEqual([]);
  });

  test('leaves nothing in the folder for temporary files, and no error in the logs', async () => {
    expect((await readdir(temporary)).filter((name) => name.startsWith('decant-'))).toEqual([]);
    for (const name of ['cell', 'desk', 'marketplace']) {
      const log = await readFile(join(state, 'logs', `${name}.log`), 'utf8');
      expect(
        log.split('\n').filter((line) => line.includes('"level":50')),
        name,
      ).toEqual([]);
    }
  });
});
