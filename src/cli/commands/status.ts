import { parseArgs } from 'node:util';
import { hex } from '#shared/entropy.ts';
import type { CellStatus } from '#wire/cell-api.ts';
import { askCell, serviceSocket } from '../service-client.ts';

export const help = `usage: decant status [--state DIR] [--json]

What a running machine is doing: state, token, prekeys, licences, stock as anyone may see it, journal.

  --state DIR  state folder of the demonstration (DECANT_STATE, or .decant)
  --json       one JSON document
`;

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { state: { type: 'string' }, json: { type: 'boolean', default: false } },
  });
  const status = await askCell(serviceSocket(values.state), 'status', {});
  process.stdout.write(values.json ? `${JSON.stringify(plain(status))}\n` : `${describe(status)}\n`);
  return 0;
}

/** The status with bytes as hexadecimal text. */
function plain(status: CellStatus): unknown {
  return JSON.parse(
    JSON.stringify(status, (_key, value: unknown) => (value instanceof Uint8Array ? hex(value) : value)),
  );
}

function describe(status: CellStatus): string {
  const { token, prekeys, journal } = status;
  return [
    `${status.name} (${status.machine}) is ${status.state}, ${status.software}`,
    `token     ${token.class}, profile ${token.profile}, serial ${token.serial}`,
    `prekeys   ${prekeys.free} free, ${prekeys.assigned} held by licences`,
    `licences  ${status.licences.reduce((sum, { unused }) => sum + unused, 0)} unused, last number ${status.last_seq}`,
    `recipes   ${status.spooled.length} in the spool`,
    `journal   ${journal.index} entries, head ${hex(journal.head).slice(0, 16)}…`,
    ...status.lines.map(
      ({ line, ingredient, stock_ul, bottle_ul }) =>
        `line ${String(line).padStart(2)}   ${ingredient.padEnd(18)}${bar(stock_ul, bottle_ul)} ${Math.round(stock_ul / 1000)} ml`,
    ),
  ].join('\n');
}

function bar(stock: number, bottle: number): string {
  const width = 20;
  const full = bottle === 0 ? 0 : Math.min(width, Math.round((width * stock) / bottle));
  return `${'█'.repeat(full)}${'░'.repeat(width - full)}`;
}
