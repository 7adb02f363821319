import type { UseEvidence } from './evidence.ts';

/** What licence.md's table says of a use that a power cut or the end of a process interrupted. */
export type Row =
  /** No drink was under way. */
  | 'untouched'
  /** "before BURN_INTENT" and "BURN_INTENT … destroy": released, licence good again. */
  | 'released'
  /** "destroy … first PIECE_STARTED", and a key that would not be destroyed: VOID_CLAIM. */
  | 'claimed'
  /** "a piece started without DONE": never poured on; VOID_CLAIM where surely nothing flowed. */
  | 'cut-off'
  /** "last piece DONE … SPENT". */
  | 'poured'
  /** "after SPENT" (or after VOIDED): the same word again. */
  | 'over';

/** @throws Error when no row fits: then something was not on the medium before the next step. */
export function rowOf(use: UseEvidence, keyThere: boolean): Row {
  switch (use.stage) {
    case 'PREKEYS':
    case 'GRANTED':
    case 'RELEASED':
      return need(keyThere, use, 'untouched');
    case 'RESERVED':
      return need(keyThere, use, 'released');
    case 'BURN_INTENT':
      return keyThere ? 'released' : 'claimed';
    case 'BURNED':
      return need(!keyThere, use, 'claimed');
    case 'BURN_FAILED':
      return 'claimed';
    case 'PIECE_STARTED':
    case 'PIECE_DONE':
      return need(!keyThere, use, 'cut-off');
    case 'POURED':
      return need(!keyThere, use, 'poured');
    case 'SPENT':
    case 'VOIDED':
      return 'over';
    default:
      throw new Error(`no row for ${use.stage}`);
  }
}

function need(holds: boolean, { stage, kid }: UseEvidence, row: Row): Row {
  if (!holds)
    throw new Error(
      `${stage} of ${kid.slice(0, 8)} and its key is ${row === 'untouched' || row === 'released' ? 'gone' : 'there'}`,
    );
  return row;
}

/** The stages in which a start of the cell may leave a use of this row. */
export function stagesAfter(row: Row, before: UseEvidence): readonly string[] {
  switch (row) {
    case 'untouched':
      return [before.stage];
    case 'released':
      return ['RELEASED'];
    case 'claimed':
      return ['VOIDED'];
    case 'cut-off':
      return ['SPENT', 'VOIDED'];
    case 'poured':
      return ['SPENT'];
    case 'over':
      return [before.stage];
  }
}
