import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PristineDebian } from './chroot.ts';

/** Ends with the command's own exit code; names on stdout, last, every process that outlived it. */
const withLeftovers = (command: string): string => `
cd /project
${command}
code=$?
for process in /proc/[0-9]*; do
  id=\${process#/proc/}
  [ "$id" = 1 ] || [ "$id" = $$ ] || [ ! -r "$process/cmdline" ] || { echo "left: $(tr '\\0' ' ' <"$process/cmdline")"; }
done
exit $code
`;

describe('on a pristine Debian 12', () => {
  let debian: PristineDebian;

  beforeAll(async () => {
    debian = await PristineDebian.make('bookworm');
  });

  afterAll(() => {
    debian[Symbol.dispose]();
  });

  test('without the right to install, npm start prints the command to type and ends with 2', async () => {
    const nobody = 65534;
    const { code, stderr } = await debian.run('cd /project && HOME=/tmp npm start -- --once --json', nobody);
    expect(stderr).toMatch(
      /sudo apt-get update && sudo apt-get install -y --no-install-recommends softhsm2 .*make g\+\+ mosquitto/,
    );
    expect(code).toBe(2);
  });

  test('npm start gets what is missing, pours one drink and leaves no process behind', async () => {
    const { code, stdout, stderr } = await debian.run(withLeftovers('npm start -- --once --json'));
    expect(code, stdout + stderr).toBe(0);
    expect(stderr).toContain('installing softhsm2');
    expect(stderr).toContain('fetching Node 24.');
    expect(stderr).not.toMatch(/npm warn|Warning:/i);
    const receipt = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>;
    expect(receipt).toMatchObject({ payment: { rail: 'bitcoin' } });
    expect(receipt['delivered_ul']).toBeGreaterThan(0);
    expect(receipt['journal']).toMatchObject({ head: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
  });

  test('a further set-up says nothing and takes under 0.3 s', async () => {
    const { code, stdout, stderr } = await debian.run(`
cd /project
for turn in 1 2 3 4 5; do
  start=$(date +%s%3N)
  node src/cli/bootstrap.mjs setup || exit
  echo $(($(date +%s%3N) - start))
done
`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    // the quickest: what else runs on the machine only adds
    expect(Math.min(...stdout.trim().split('\n').map(Number))).toBeLessThan(300);
  });
});
