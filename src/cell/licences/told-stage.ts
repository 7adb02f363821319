import type { Stage } from './ledger.ts';

/** A stage as anybody is told it: when the first piece begins and the last is over would be an amount. */
export function toldStage(stage: Stage): Exclude<Stage, 'burned' | 'poured'> {
  return stage === 'burned' || stage === 'poured' ? 'pouring' : stage;
}
