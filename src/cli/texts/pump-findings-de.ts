import type { PumpFindingTexts } from './console-texts.ts';

/** What doctor finds of the pumps and what they hang on, in German. */
export const pumpFindingsDe: PumpFindingTexts = {
  'pumps/good': { what: '{count|alle} beschrieben, und woran sie hängen, ist da ({driver|Treiber})', todo: '' },
  'pumps/running': { what: '{count|alle}, in der Hand der Cell ({driver|Treiber})', todo: '' },
  'pumps/simulated': {
    what: '{simulated|einige} von {count|allen} sind simuliert',
    todo: 'Simulierte Pumpen fördern nichts: beschreiben Sie die echten in machine.yaml.',
  },
  'pumps/no-supply': {
    what: 'die Cell läuft, aber ihre Pumpen haben keine Versorgung ({driver|Treiber})',
    todo: 'Sehen Sie nach Not-Halt, Netzteil und Kabel, dann ins Protokoll der Cell: ein Ausgang, der nicht gehorcht, hält die Versorgung aus.',
  },
  'pumps/port-missing': {
    what: '{port|der serielle Anschluss} ist nicht da',
    todo: 'Stecken Sie den Mikrocontroller an oder nennen Sie in machine.yaml den Anschluss, der da ist: `ls /dev/serial/by-id`.',
  },
  'pumps/port-closed': {
    what: '{port|der serielle Anschluss} ist da, aber dieses Konto darf ihn nicht öffnen',
    todo: 'Das Konto der Cell braucht die Gruppe des Anschlusses, meist dialout: `usermod -aG dialout NAME`, dann neu anmelden; die udev-Regel der Installation tut es für deren Konto.',
  },
  'pumps/port-busy': {
    what: '{port|der serielle Anschluss} ist belegt von {by|einem anderen Programm}',
    todo: 'Beenden Sie dieses Programm: ein Terminal, eine Modemverwaltung oder einen Editor für Mikrocontroller; starten Sie dann die Cell.',
  },
  'pumps/port-unusable': {
    what: '{port|der serielle Anschluss} ist kein brauchbarer serieller Anschluss',
    todo: 'Nennen Sie in machine.yaml den Anschluss des Mikrocontrollers: `ls /dev/serial/by-id`.',
  },
  'pumps/no-chip': {
    what: 'kein GPIO-Chip {wanted|mit bekanntem Namen}; es gibt {found|keinen}',
    todo: 'Nennen Sie einen davon als hardware.chip in machine.yaml; gibt es keinen, hat dieser Rechner kein GPIO oder sysfs zeigt es nicht mehr: nehmen Sie den Treiber gpio-cdev.',
  },
  'pumps/no-access': {
    what: 'dieses Konto darf {line|die Leitungen} von {chip|dem GPIO-Chip} nicht benutzen',
    todo: 'Das Konto der Cell braucht die Gruppe des GPIO-Chips (gpio auf einem Raspberry Pi): `usermod -aG gpio NAME`, dann neu anmelden.',
  },
  'pumps/line-taken': {
    what: '{line|eine Leitung} von {chip|dem GPIO-Chip} ist belegt von {by|einem anderen Programm}',
    todo: 'Beenden Sie dieses Programm, schalten Sie den Teil des Kerns ab, der sie hat (SPI, I²C, One-Wire), oder wählen Sie eine andere Leitung.',
  },
  'pumps/line-unusable': {
    what: '{line|eine Leitung} von {chip|dem GPIO-Chip} ist nicht zu gebrauchen: {reason|unbekannt}',
    todo: 'Wählen Sie in machine.yaml eine Leitung, die der Chip hat.',
  },
};
