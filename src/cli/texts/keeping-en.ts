import type { KeepingTexts } from './keeping-texts.ts';

/** English. */
export const enKeeping: KeepingTexts = {
  keeping: {
    cleaning: 'not sold: has to be cleaned',
    calibration: 'not sold: has to be calibrated',
    cleaningSoon: 'has to be cleaned soon',
    calibrationSoon: 'has to be calibrated soon',
    hose: 'needs a new hose soon',
    hoseNew: 'new hose: calibrate it',
  },
  pump: {
    holding: 'Runs until you press Enter or Ctrl-C.',
    moved: 'line {line|?}: {volume|nothing} moved, by the calibration',
    entered: 'line {line|?}: entered in the cleaning book',
    stopped: 'Ended early: {reason|no reason given}.',
    failed: 'Failed: {reason|no reason given}. `decant doctor` looks further.',
    stopDone: 'Stopped: all outputs are off.',
    stopNone: 'No service job was running.',
    bookEmpty: 'nothing stands in the cleaning book yet',
    byHand: 'by hand',
    hose: '{line|?} {ingredient|unknown} {volume|0} {hours|0}  new {replaced|never}  worn {due|not soon}',
    newHose: 'line {line|?}: new hose. Another hose moves another volume: decant pump calibrate {line|LINE}',
    never: 'never entered',
    notSoon: 'cannot be told',
    phases: {
      flow: 'line {lines|?}: {percent|0} %',
      product: 'line {lines|?}: product in, {percent|0} %',
      contact: 'line {lines|?}: product acts, {percent|0} %',
      swap: 'line {lines|?}: put fresh water in place of the product, close the door, and press Enter',
      rinse: 'line {lines|?}: rinsing, {percent|0} %',
    },
    programs: {
      test: 'test run',
      prime: 'prime',
      purge: 'purge',
      rinse: 'rinse',
      clean: 'cleaning',
      measure: 'doses for the scale',
    },
    reasons: {
      technician: 'it was stopped',
      'walked-away': 'whoever asked for it is gone',
      cell: 'the cell was ended',
      'machine/interlock-open': 'a door or a tray was opened',
      'service/key-missing': 'the service key was turned back',
    },
  },
  calibrate: {
    begin: 'Line {line|?}: put a glass on the scale. Prime the line first, and let nothing drip in between.',
    ready: 'Dose {number|?} of {of|?}, about {volume|some}: empty the glass, set the scale to zero, press Enter. ',
    weighed: 'What does the scale show? (ml, or grams as in 49.8g) ',
    again: 'A number in ml, or in grams with a g behind it.',
    group: 'drive {drive|?}: {count|some} doses, {volume|some} on average, spread {spread|none} ({percent|0} %)',
    point: 'drive {drive|?}: {old|unknown} before, {new|unknown} now ({change|none})',
    measured: 'measured: {old|unknown} before, {new|unknown} now',
    unknown: 'nobody knows when',
    taken:
      'Line {line|?} pours by this from its next dose on. `decant pump calibrate {line|LINE} --undo` takes it back.',
    dry: 'Nothing was changed: this was a dry run.',
    undone: 'Line {line|?} pours by the calibration before that again.',
  },
  stock: {
    set: 'line {line|?}: {volume|some} of {ingredient|it}',
    waste: 'line {line|?}, {ingredient|unknown}: {program|service} {volume|some}',
    drinks: 'drinks cut short: {count|none}, {volume|nothing} by their published totals',
  },
};
