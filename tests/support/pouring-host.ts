import { boardExecutor, openBoard } from './board-bench.ts';
import { Grant } from '#cell/executor/grant.ts';
import { bounds, dispense } from './pump-bench.ts';

/** A host that pours 20 s from two pumps of the board at `argv[2]`, to be killed while it does; says `pouring` when the job runs. */
const dispenser = await openBoard(process.argv[2] ?? '');
const executor = boardExecutor(dispenser);
await executor.configure();
await using run = executor.open(new Grant({ t: 'batch', licence: '00' }), bounds);
const piece = run.piece(
  dispense('together', [
    [0, 150_000],
    [3, 140_000],
  ]),
);
process.stdout.write('pouring\n');
await piece;
