import { verifyJournal } from '#cell/journal/journal.ts';
import { statusText } from '#cli/commands/status.ts';
import { textsFor } from '#cli/texts/texts.ts';
import { hex } from '#shared/entropy.ts';
import type { CellStatus } from '#wire/cell-api.ts';
import type { CellDisk } from './stored.ts';
import type { Tape } from './tape.ts';

/** What `decant status` says of a machine, to people and to programs. */
export function recordStatus(status: CellStatus, tape: Tape): void {
  // for people a digest is cut to its first 16 digits
  const text = statusText(status, textsFor('en'), false).replaceAll(/[0-9a-f]{16}…/g, '<hash>…');
  tape.put('command line', { told: text });
  tape.put('command line', { told: statusText(status, textsFor('en'), true) });
}

/** What `decant journal verify` says. */
export function recordJournalVerify({ memory }: CellDisk, tape: Tape): void {
  const { entries, head } = verifyJournal(memory.bytes('journal/journal.log'), true);
  tape.put('command line', { told: JSON.stringify({ entries, index: head.index, head: hex(head.head) }) });
}
