import type { FailureCode } from '#shared/failure-codes.ts';
import type { Language } from '#wire/sentences/language.ts';

type Told = { readonly what: string; readonly todo: string };

/**
 * What a technician or author at the terminal is told, where the sentence for a customer would not help. Every other
 * code has the customer's sentence.
 */
export const consoleSentences: Readonly<Record<Language, Partial<Record<FailureCode, Told>>>> = {
  en: {
    'machine/busy': {
      what: 'The machine is in use, and service never runs beside a drink: {reason|something else is under way}.',
      todo: 'Wait for it, or let the drink be cancelled at the touchscreen, and ask again.',
    },
    'machine/interlock-open': {
      what: 'A door or a tray is open.',
      todo: 'Close it, and ask again: nothing goes on by itself.',
    },
    'dispenser/unknown-pump': {
      what: 'This machine has no line {line|of this number}.',
      todo: '`decant status` lists its lines.',
    },
    'dispenser/over-limit': {
      what: 'That is more than the pump may move in one go.',
      todo: 'Take a smaller --ml; `max_on_ms` in machine.yaml limits it.',
    },
    'machine/cell-unreachable': {
      what: 'The cell does not answer on its service socket.',
      todo: 'Start it, or name the machine’s folder with --state; `decant doctor` looks further.',
    },
    'machine/not-provisioned': {
      what: 'This machine is not provisioned.',
      todo: 'Provision it first; `decant provision --help` has the steps.',
    },
    'disk/failed': {
      what: 'A file could not be read or written: {path|not named} ({reason|no reason given}).',
      todo: 'Check the folder, its owner and the room on the disk.',
    },
    'journal/broken': {
      what: 'The journal is damaged at entry {index|not known}.',
      todo: 'Keep the file, stop selling and compare it with the marketplace’s heads.',
    },
    'journal/torn': {
      what: 'The journal ends within entry {index|not known}.',
      todo: 'Start the cell: it cuts a torn last entry off and goes on.',
    },
    'recipe/malformed': {
      what: 'This is not a sealed recipe, or it is damaged.',
      todo: 'Fetch the file again, or seal it again.',
    },
    'recipe/not-authentic': {
      what: 'The signatures do not lead to the given root.',
      todo: 'Check file, certificate and root with who sent them.',
    },
    'recipe/digest-mismatch': {
      what: 'The pieces are not the ones that the author signed.',
      todo: 'Fetch the file again.',
    },
    'recipe/wrong-class': {
      what: 'There is no machine class {class|of this name}.',
      todo: 'Correct it and seal again.',
    },
    'message/not-authentic': {
      what: 'The file was not signed by whom it had to be.',
      todo: 'Ask its sender for it again.',
    },
    'message/malformed': {
      what: 'The file does not hold what it should.',
      todo: 'Check that it is the right one and arrived whole.',
    },
    'message/too-large': { what: 'The file is larger than it can be.', todo: 'Check that it is the right one.' },
    'token/soft-refused': {
      what: 'A soft token gets no class key: one copied folder would be the key of the whole fleet.',
      todo: 'Use a class named demo-…, or a hardware token.',
    },
    'dispenser/link-lost': {
      what: 'The pump board no longer answers ({reason|no reason given}).',
      todo: 'Check cable and plug, and that nothing strong is switched beside the cable; the board is looked for by itself.',
    },
    'dispenser/reset': {
      what: 'The pump board restarted by itself (cause: {cause|unknown}).',
      todo: 'After brown-out: give it a supply of its own. After watchdog: report it with the log. After external: something opened its port or pressed its button.',
    },
    'dispenser/supply-lost': {
      what: 'The supply of the pumps is gone while it was switched on.',
      todo: 'Check emergency stop, fuse and power supply, then configure again by a restart of the cell.',
    },
    'dispenser/port-unavailable': {
      what: 'The serial port {port|of the pump board} cannot be opened: {reason|no reason given}.',
      todo: 'Missing: check the cable and take the name below /dev/serial/by-id. Busy: end the other program. Not permitted: put the cell’s account into the group of the port (dialout).',
    },
    'dispenser/board-silent': {
      what: 'Nothing that speaks our protocol answers on {port|the serial port}.',
      todo: 'Check port and baud rate in machine.yaml, and flash the firmware of firmware-bridge/firmware.',
    },
    'dispenser/firmware-too-old': {
      what: 'The pump board runs firmware {found|of another kind}; this release needs {needed|a newer one}.',
      todo: 'Flash the firmware of this release.',
    },
    'dispenser/pin-refused': {
      what: 'The pump board refuses pin {pin|not named}: it has none of that name, it cannot do this, or it is used twice.',
      todo: 'Correct the pin in machine.yaml; the pin map is with the firmware.',
    },
    'config/invalid': { what: 'The configuration has mistakes.', todo: 'Correct the lines below.' },
  },
  de: {
    'machine/busy': {
      what: 'Die Maschine wird benutzt, und Service läuft nie neben einem Getränk: {reason|etwas anderes läuft}.',
      todo: 'Warten Sie, oder lassen Sie das Getränk am Touchscreen abbrechen, und fragen Sie noch einmal.',
    },
    'machine/interlock-open': {
      what: 'Eine Tür oder eine Schale ist offen.',
      todo: 'Schließen Sie sie und fragen Sie noch einmal: nichts geht von selbst weiter.',
    },
    'dispenser/unknown-pump': {
      what: 'Diese Maschine hat keine Leitung {line|mit dieser Nummer}.',
      todo: 'Ihre Leitungen nennt `decant status`.',
    },
    'dispenser/over-limit': {
      what: 'Das ist mehr, als die Pumpe in einem Zug fördern darf.',
      todo: 'Nehmen Sie weniger mit --ml; die Grenze ist `max_on_ms` in machine.yaml.',
    },
    'machine/cell-unreachable': {
      what: 'Die Cell antwortet nicht auf ihrem Service-Socket.',
      todo: 'Starten Sie sie oder nennen Sie den Ordner der Maschine mit --state; `decant doctor` sucht weiter.',
    },
    'machine/not-provisioned': {
      what: 'Diese Maschine ist nicht in Betrieb genommen.',
      todo: 'Nehmen Sie sie erst in Betrieb; die Schritte nennt `decant provision --help`.',
    },
    'disk/failed': {
      what: 'Eine Datei ließ sich nicht lesen oder schreiben: {path|ungenannt} ({reason|ohne Angabe}).',
      todo: 'Prüfen Sie den Ordner, seinen Besitzer und den freien Platz.',
    },
    'journal/broken': {
      what: 'Das Journal ist bei Eintrag {index|unbekannt} beschädigt.',
      todo: 'Bewahren Sie die Datei auf, verkaufen Sie nichts und vergleichen Sie sie mit den Köpfen beim Marktplatz.',
    },
    'journal/torn': {
      what: 'Das Journal endet mitten in Eintrag {index|unbekannt}.',
      todo: 'Starten Sie die Cell: sie schneidet einen angerissenen letzten Eintrag ab und fährt fort.',
    },
    'recipe/malformed': {
      what: 'Das ist kein versiegeltes Rezept, oder es ist beschädigt.',
      todo: 'Holen Sie die Datei noch einmal oder versiegeln Sie neu.',
    },
    'recipe/not-authentic': {
      what: 'Die Unterschriften führen nicht zur angegebenen Wurzel.',
      todo: 'Prüfen Sie Datei, Zertifikat und Wurzel mit dem Absender.',
    },
    'recipe/digest-mismatch': {
      what: 'Die Stücke sind nicht die, die der Autor unterschrieben hat.',
      todo: 'Holen Sie die Datei noch einmal.',
    },
    'recipe/wrong-class': {
      what: 'Eine Maschinenklasse {class|dieses Namens} gibt es nicht.',
      todo: 'Verbessern Sie sie und versiegeln Sie neu.',
    },
    'message/not-authentic': {
      what: 'Die Datei ist nicht von dem unterschrieben, von dem sie es sein muss.',
      todo: 'Bitten Sie den Absender noch einmal darum.',
    },
    'message/malformed': {
      what: 'Die Datei enthält nicht, was sie soll.',
      todo: 'Prüfen Sie, ob es die richtige ist und ob sie ganz ankam.',
    },
    'message/too-large': {
      what: 'Die Datei ist größer, als sie sein kann.',
      todo: 'Prüfen Sie, ob es die richtige ist.',
    },
    'token/soft-refused': {
      what: 'Ein Soft-Token bekommt keinen Klassenschlüssel: ein kopierter Ordner wäre der Schlüssel der ganzen Flotte.',
      todo: 'Nehmen Sie eine Klasse namens demo-… oder ein Hardware-Token.',
    },
    'dispenser/link-lost': {
      what: 'Das Pumpen-Board antwortet nicht mehr ({reason|ohne Angabe}).',
      todo: 'Prüfen Sie Kabel und Stecker und dass neben dem Kabel nichts Starkes schaltet; das Board wird von selbst wieder gesucht.',
    },
    'dispenser/reset': {
      what: 'Das Pumpen-Board ist von selbst neu gestartet (Ursache: {cause|unbekannt}).',
      todo: 'Nach brown-out: Geben Sie ihm eine eigene Versorgung. Nach watchdog: Melden Sie es mit dem Protokoll. Nach external: Etwas hat seinen Port geöffnet oder seinen Taster gedrückt.',
    },
    'dispenser/supply-lost': {
      what: 'Die Versorgung der Pumpen ist weg, obwohl sie eingeschaltet war.',
      todo: 'Prüfen Sie Not-Halt, Sicherung und Netzteil und starten Sie danach die Cell neu.',
    },
    'dispenser/port-unavailable': {
      what: 'Der serielle Anschluss {port|des Pumpen-Boards} lässt sich nicht öffnen: {reason|ohne Angabe}.',
      todo: 'Missing: Prüfen Sie das Kabel und nehmen Sie den Namen unter /dev/serial/by-id. Busy: Beenden Sie das andere Programm. Not-permitted: Nehmen Sie das Konto der Cell in die Gruppe des Anschlusses auf (dialout).',
    },
    'dispenser/board-silent': {
      what: 'Auf {port|dem seriellen Anschluss} antwortet nichts, was unser Protokoll spricht.',
      todo: 'Prüfen Sie Anschluss und Baudrate in machine.yaml und spielen Sie die Firmware aus firmware-bridge/firmware auf.',
    },
    'dispenser/firmware-too-old': {
      what: 'Das Pumpen-Board hat die Firmware {found|anderer Art}; diese Version braucht {needed|eine neuere}.',
      todo: 'Spielen Sie die Firmware dieser Version auf.',
    },
    'dispenser/pin-refused': {
      what: 'Das Pumpen-Board lehnt den Pin {pin|ungenannt} ab: Es hat keinen dieses Namens, er kann das nicht, oder er ist doppelt vergeben.',
      todo: 'Berichtigen Sie den Pin in machine.yaml; der Pinplan liegt bei der Firmware.',
    },
    'config/invalid': { what: 'Die Konfiguration hat Fehler.', todo: 'Verbessern Sie die Zeilen unten.' },
  },
};
