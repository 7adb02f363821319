import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../run/program.ts';

/** The document of the ceremony, whole. */
export const ceremonyText = (): string => readFileSync(join(root, 'hsm', 'PROVISIONING.md'), 'utf8');

/** Each command of the document below a heading, in its order, as words. */
export function ceremonyCommands(heading: string): string[][] {
  const section = ceremonyText()
    .split(/^##+ /m)
    .find((part) => part.startsWith(heading));
  if (section === undefined) throw new Error(`no section ${heading}`);
  return [...section.matchAll(/^ {4}decant (.+)$/gm)].map(([, words = '']) => words.split(' '));
}

/** The plan in the document. */
export function ceremonyPlan(): string {
  return /```yaml\n([^]*?)```/.exec(ceremonyText())?.[1] ?? '';
}
