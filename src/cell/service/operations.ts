import { programNames, serviceJobOperations, type WasteView } from '#wire/service-api.ts';
import type { Operation } from '../api/serve.ts';
import type { CellParts } from '../cell-parts.ts';
import { calibrate, calibrationOfLine, type CalibratePorts, undoCalibration } from './calibrate.ts';
import { pumpOf } from './programs.ts';
import { wasteKey } from './service-book.ts';

const booksPage = 256;

/** What the technician's socket answers about keeping the machine. */
export function keepingOperations(parts: CellParts): ReadonlyMap<string, Operation> {
  return new Map([...jobOperations(parts), ...calibrationOperations(parts), ...bookOperations(parts)]);
}

function jobOperations({ service, lineWatch }: CellParts): [string, Operation][] {
  const { service_run, service_stop, service_continue } = serviceJobOperations;
  return [
    [
      'service_run',
      {
        ...service_run,
        async run(body, asker) {
          const result = await service.run(service_run.request.parse(body), asker);
          lineWatch.look();
          return result;
        },
      },
    ],
    ['service_stop', { ...service_stop, run: async () => ({ stopped: await service.stop() }) }],
    ['service_continue', { ...service_continue, run: async () => ({ continued: service.goOn() }) }],
  ];
}

function calibrationOperations(parts: CellParts): [string, Operation][] {
  const { calibrate: take, calibrate_undo: undo, calibration: look } = serviceJobOperations;
  const ports: CalibratePorts = { ...parts, jobs: parts.service };
  const watched = async <T>(work: Promise<T>): Promise<T> => {
    const answer = await work;
    parts.lineWatch.look();
    return answer;
  };
  return [
    ['calibrate', { ...take, run: (body) => watched(calibrate(take.request.parse(body), ports)) }],
    [
      'calibrate_undo',
      {
        ...undo,
        run(body) {
          const { line, who } = undo.request.parse(body);
          return watched(undoCalibration(line, who, ports));
        },
      },
    ],
    ['calibration', { ...look, run: async (body) => calibrationOfLine(look.request.parse(body).line, parts) }],
  ];
}

function bookOperations(parts: CellParts): [string, Operation][] {
  const { books, config, clock, tell, lineWatch } = parts;
  const { cleaned_by_hand, cleaning_book, hose_replaced, waste } = serviceJobOperations;
  const told = (): object => {
    lineWatch.look();
    tell({ event: 'changed', body: {} });
    return {};
  };
  return [
    [
      'cleaned_by_hand',
      {
        ...cleaned_by_hand,
        async run(body) {
          const cleaned = cleaned_by_hand.request.parse(body);
          pumpOf(cleaned.line, config);
          await books.append({ kind: 'CLEANED', ...cleaned, job: null, at: clock.now() });
          return told();
        },
      },
    ],
    [
      'cleaning_book',
      { ...cleaning_book, run: async (body) => cleaningsAfter(cleaning_book.request.parse(body).after, parts) },
    ],
    [
      'hose_replaced',
      {
        ...hose_replaced,
        async run(body) {
          const { line, who } = hose_replaced.request.parse(body);
          pumpOf(line, config);
          await books.append({ kind: 'HOSE_REPLACED', line, who, at: clock.now() });
          return told();
        },
      },
    ],
    ['waste', { ...waste, run: async () => wasteOf(parts) }],
  ];
}

function cleaningsAfter(after: number, { books, config }: CellParts) {
  const later = [...books.ledger.service.cleanings].filter(([entry]) => entry > after);
  const cleanings = later.slice(0, booksPage).map(([entry, { kind: _kind, job, ...cleaned }]) => {
    const ingredient = config.pumps.find(({ line }) => line === cleaned.line)?.ingredient ?? '';
    return { entry, ingredient, by_hand: job === null, ...cleaned };
  });
  return { cleanings, more: later.length > booksPage };
}

/** What was moved and never sold. Of drinks that were cut short the published total: what flowed is nobody's business. */
function wasteOf({ books, config }: CellParts): WasteView {
  const { service, uses } = books.ledger;
  const lines = config.pumps.flatMap(({ line, ingredient }) =>
    programNames.flatMap((program) => {
      const ul = service.waste.get(wasteKey(program, line)) ?? 0;
      return ul === 0 ? [] : [{ line, ingredient, program, ul }];
    }),
  );
  const cut = [...uses.values()].filter(({ spent }) => spent?.result === 'partial');
  return { lines, drinks: { count: cut.length, ul: cut.reduce((sum, { totalUl }) => sum + totalUl, 0) } };
}
