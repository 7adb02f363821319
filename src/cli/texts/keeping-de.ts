import type { KeepingTexts } from './keeping-texts.ts';

/** German. */
export const deKeeping: KeepingTexts = {
  keeping: {
    cleaning: 'nicht im Verkauf: muss gereinigt werden',
    calibration: 'nicht im Verkauf: muss kalibriert werden',
    cleaningSoon: 'muss bald gereinigt werden',
    calibrationSoon: 'muss bald kalibriert werden',
    hose: 'braucht bald einen neuen Schlauch',
    hoseNew: 'neuer Schlauch: bitte kalibrieren',
  },
  pump: {
    holding: 'Läuft, bis Sie Enter oder Strg-C drücken.',
    moved: 'Leitung {line|?}: {volume|nichts} gefördert, nach der Kalibrierung',
    entered: 'Leitung {line|?}: im Reinigungsbuch eingetragen',
    stopped: 'Vorzeitig beendet: {reason|ohne Angabe}.',
    failed: 'Misslungen: {reason|ohne Angabe}. `decant doctor` sucht weiter.',
    stopDone: 'Angehalten: alle Ausgänge sind aus.',
    stopNone: 'Es lief kein Serviceauftrag.',
    bookEmpty: 'im Reinigungsbuch steht noch nichts',
    byHand: 'von Hand',
    hose: '{line|?} {ingredient|unbekannt} {volume|0} {hours|0}  neu {replaced|nie}  verschlissen {due|nicht bald}',
    newHose: 'Leitung {line|?}: neuer Schlauch. Ein anderer Schlauch fördert anders: decant pump calibrate {line|LINE}',
    never: 'nie eingetragen',
    notSoon: 'lässt sich nicht sagen',
    phases: {
      flow: 'Leitung {lines|?}: {percent|0} %',
      product: 'Leitung {lines|?}: Mittel wird eingebracht, {percent|0} %',
      contact: 'Leitung {lines|?}: Mittel wirkt ein, {percent|0} %',
      swap: 'Leitung {lines|?}: stellen Sie frisches Wasser statt des Mittels hin, schließen Sie die Tür und drücken Sie Enter',
      rinse: 'Leitung {lines|?}: wird gespült, {percent|0} %',
    },
    programs: {
      test: 'Probelauf',
      prime: 'Füllen',
      purge: 'Leeren',
      rinse: 'Spülen',
      clean: 'Reinigung',
      measure: 'Dosen für die Waage',
    },
    reasons: {
      technician: 'es wurde angehalten',
      'walked-away': 'wer darum bat, ist nicht mehr da',
      cell: 'die Cell wurde beendet',
      'machine/interlock-open': 'eine Tür oder Schale wurde geöffnet',
      'service/key-missing': 'der Serviceschlüssel wurde zurückgedreht',
    },
  },
  calibrate: {
    begin:
      'Leitung {line|?}: stellen Sie ein Glas auf die Waage. Füllen Sie die Leitung vorher, und lassen Sie dazwischen nichts nachtropfen.',
    ready: 'Dosis {number|?} von {of|?}, etwa {volume|einige}: Glas leeren, Waage auf null, Enter drücken. ',
    weighed: 'Was zeigt die Waage? (ml, oder Gramm wie in 49,8g) ',
    again: 'Eine Zahl in ml, oder in Gramm mit einem g dahinter.',
    group:
      'Ansteuerung {drive|?}: {count|einige} Dosen, im Mittel {volume|einige}, Streuung {spread|keine} ({percent|0} %)',
    point: 'Ansteuerung {drive|?}: bisher {old|unbekannt}, jetzt {new|unbekannt} ({change|keine})',
    measured: 'gemessen: bisher {old|unbekannt}, jetzt {new|unbekannt}',
    unknown: 'niemand weiß wann',
    taken:
      'Leitung {line|?} dosiert ab der nächsten Dosis danach. `decant pump calibrate {line|LINE} --undo` nimmt es zurück.',
    dry: 'Es wurde nichts geändert: das war ein Probelauf.',
    undone: 'Leitung {line|?} dosiert wieder nach der Kalibrierung davor.',
  },
  stock: {
    set: 'Leitung {line|?}: {volume|einiges} {ingredient|davon}',
    waste: 'Leitung {line|?}, {ingredient|unbekannt}: {program|Service} {volume|einiges}',
    drinks: 'abgebrochene Getränke: {count|keine}, {volume|nichts} nach ihren veröffentlichten Mengen',
  },
};
