import { userInfo } from 'node:os';
import { Failure } from '#shared/failure.ts';
import { askCell } from '../service-client.ts';

/** Millilitres as somebody types them (`12`, `12.5`, `12,5`), in µl. @throws Failure `usage/option-wrong` */
export function mlOption(text: string, option: string): number {
  const ml = /^\d{1,5}([.,]\d{1,3})?$/.test(text) ? Number(text.replace(',', '.')) : Number.NaN;
  const ul = Math.round(ml * 1000);
  if (!Number.isSafeInteger(ul) || ul < 1 || ul > 10_000_000) {
    throw new Failure('usage/option-wrong', { option, value: text });
  }
  return ul;
}

/** Whose name stands in the journal: the account at this terminal unless another is named. */
export function whoOption(given: string | undefined): string {
  const who = given ?? userInfo().username;
  if (who.length === 0 || who.length > 64) throw new Failure('usage/option-wrong', { option: '--who', value: who });
  return who;
}

/** The numbers of lines that were named, or all of the machine's. @throws Failure `usage/option-missing`, `usage/option-wrong` */
export async function linesOption(named: readonly string[], all: boolean, socket: string): Promise<number[]> {
  if (all && named.length === 0) return (await askCell(socket, 'status', {})).lines.map(({ line }) => line);
  if (named.length === 0) throw new Failure('usage/option-missing', { option: 'LINE' });
  return named.map(lineOption);
}

/** The number of one line. @throws Failure `usage/option-wrong` */
export function lineOption(text: string): number {
  const line = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  if (line < 1 || line > 64) throw new Failure('usage/option-wrong', { option: 'LINE', value: text });
  return line;
}

/** µl as people read them: `12.5 ml`. */
export function ml(ul: number): string {
  return `${(Math.round(ul / 100) / 10).toFixed(1)} ml`;
}

/** A point in time to the minute. */
export function moment(ms: number | null, never: string): string {
  return ms === null ? never : new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
}
