import type { ConsoleTexts } from './console-texts.ts';
import { deKeeping } from './keeping-de.ts';
import { pumpFindingsDe } from './pump-findings-de.ts';

const setUp = 'Führen Sie `node src/cli/bootstrap.mjs setup` aus und starten Sie mit dem Node, das es mitbringt.';

/** German. */
export const de: ConsoleTexts = {
  ...deKeeping,
  checks: {
    node: 'Node',
    state: 'Platte',
    config: 'machine.yaml',
    token: 'Token',
    pin: 'PIN',
    clock: 'Uhr',
    cell: 'Cell',
    desk: 'Desk',
    marketplace: 'Marktplatz',
    broker: 'Broker',
    payment: 'Zahlungen',
    certificates: 'Zertifikate',
    prekeys: 'Prekeys',
    journal: 'Journal',
    pumps: 'Pumpen',
    lines: 'Leitungen',
  },
  findings: {
    'node/pinned': { what: '{version|wie festgelegt}', todo: '' },
    'node/other': { what: '{version|andere Version}; erprobt mit {pinned|der festgelegten}', todo: setUp },
    'node/too-old': { what: '{version|zu alt}; nötig ist mindestens {pinned|die festgelegte}', todo: setUp },
    'state/good': { what: '{free_mb|genug} MB frei in {folder|dem Zustandsordner}', todo: '' },
    'state/missing': {
      what: 'den Ordner {folder|dieses Namens} gibt es nicht',
      todo: 'Nehmen Sie die Maschine in Betrieb oder nennen Sie ihren Ordner mit --state.',
    },
    'state/no-access': {
      what: 'dieses Konto darf in {folder|den Zustandsordner} nicht schreiben',
      todo: 'Starten Sie doctor als Benutzer der Cell oder als root; sonst berichtigen Sie den Besitzer des Ordners.',
    },
    'state/little-room': {
      what: 'nur {free_mb|wenige} MB frei in {folder|dem Zustandsordner}',
      todo: 'Schaffen Sie bald Platz: was nicht aufgeschrieben werden kann, wird nicht verkauft.',
    },
    'state/full': {
      what: 'nur {free_mb|wenige} MB frei in {folder|dem Zustandsordner}',
      todo: 'Schaffen Sie jetzt Platz: was nicht aufgeschrieben werden kann, wird nicht verkauft.',
    },
    'config/good': { what: '{file|die Datei} hat keine Fehler', todo: '' },
    'config/mistakes': {
      what: '{count|einige} Fehler in {file|der Datei}, der erste: {first|siehe Liste}',
      todo: 'Verbessern Sie sie; `decant config check` nennt jeden mit seiner Zeile.',
    },
    'config/missing': {
      what: '{file|die Datei} ist nicht lesbar ({reason|ohne Angabe})',
      todo: 'Schreiben Sie sie (`decant config schema` sagt, wie) oder nennen Sie den Ordner mit --state.',
    },
    'token/good': { what: '{label|vorhanden}, Nummer {serial|unbekannt}, Art {class|unbekannt}', todo: '' },
    'token/soft': {
      what: '{label|vorhanden}, Nummer {serial|unbekannt}: ein Soft-Token; seine kopierten Dateien beleben verbrauchte Lizenzen wieder',
      todo: 'Nur für Vorführung und Entwicklung: setzen Sie ein Hardware-Token ein, bevor verkauft wird.',
    },
    'token/soft-refused': {
      what: '{label|vorhanden} ist ein Soft-Token, das diese Maschine nicht zulässt',
      todo: 'Setzen Sie ein Hardware-Token ein, oder schreiben Sie bewusst `allow_soft_token: true` in machine.yaml.',
    },
    'token/missing': {
      what: 'kein Token {label|dieses Namens} ({module|kein Modul})',
      todo: 'Stecken Sie es an; installieren Sie sein Modul und nennen Sie es in machine.yaml (`token.module`).',
    },
    'pin/good': { what: '{file|die Datei} liest nur ihr Besitzer', todo: '' },
    'pin/open': {
      what: '{file|die Datei} können auch andere lesen (Modus {mode|zu offen})',
      todo: 'Nehmen Sie ihnen das Recht: chmod 600.',
    },
    'pin/missing': {
      what: '{file|die Datei} ist nicht lesbar ({reason|ohne Angabe})',
      todo: 'Stellen Sie sie wieder her; ohne sie kann die Cell nicht starten.',
    },
    'pin/by-systemd': { what: 'reicht systemd der Cell; hier nicht angesehen', todo: '' },
    'clock/good': { what: '{seconds|wenige} s neben der Uhr des Marktplatzes', todo: '' },
    'clock/alone': { what: 'nicht hinter dem Journal; keine andere Uhr war zu fragen', todo: '' },
    'clock/unknown': { what: 'hier ist nichts, womit sie zu vergleichen wäre', todo: '' },
    'clock/behind': {
      what: '{seconds|viele} s hinter dem jüngsten Eintrag des Journals',
      todo: 'Stellen Sie die Uhr (timedatectl set-ntp true): nach ihr werden Lizenzen beurteilt.',
    },
    'clock/apart': {
      what: '{seconds|viele} s neben der Uhr des Marktplatzes',
      todo: 'Stellen Sie die Uhr (timedatectl set-ntp true): nach ihr werden Lizenzen und Zertifikate beurteilt.',
    },
    'clock/untrusted': {
      what: 'die Zelle traut der Zeit nicht ({why|kein Grund genannt}): Lizenzen auf Zeit sind ausgesetzt',
      todo: 'Stellen Sie die Uhr, und lassen Sie die Maschine den Marktplatz erreichen; `decant status` sagt mehr.',
    },
    'cell/good': { what: 'antwortet: {state|läuft}, {software|Version unbekannt}', todo: '' },
    'cell/silent': {
      what: 'antwortet nicht an {socket|ihrem Socket}',
      todo: 'Starten Sie sie (systemctl start decant-cell oder npm start) und lesen Sie ihr Protokoll.',
    },
    'cell/quarantined': {
      what: 'in Quarantäne ({reason|Grund unbekannt}): ihr Journal passt nicht zu dem, was die Lizenzierung weiß',
      todo: 'Klären Sie, ob Daten kopiert oder zurückgespielt wurden. Dann ruft der Betreiber `decant marketplace release` mit dem Kopf auf, den `decant status` zeigt: {head|noch keiner}.',
    },
    'cell/retired': {
      what: 'wird außer Dienst gestellt: Ihre Schlüssel sind vernichtet',
      todo: 'Rufen Sie `decant decommission` noch einmal auf, um es zu beenden.',
    },
    'cell/fault': {
      what: 'meldet eine Störung',
      todo: 'Lesen Sie ihr Protokoll, bevor wieder etwas eingeschaltet wird.',
    },
    'desk/good': { what: 'antwortet unter {url|seiner Adresse}; {drinks|einige} Getränke sind möglich', todo: '' },
    'desk/silent': {
      what: 'antwortet nicht unter {url|seiner Adresse}',
      todo: 'Starten Sie es (systemctl start decant-desk oder npm start) und lesen Sie sein Protokoll.',
    },
    'desk/nothing-to-sell': {
      what: 'antwortet unter {url|seiner Adresse}, aber kein einziges Getränk ist möglich ({reason|ohne Angabe})',
      todo: 'Tippen Sie auf der Getränkeseite auf „Warum nicht“: dort steht, was fehlt.',
    },
    'marketplace/good': { what: 'antwortet unter {url|seiner Adresse}', todo: '' },
    'marketplace/silent': {
      what: 'antwortet nicht unter {url|seiner Adresse} ({reason|ohne Angabe})',
      todo: 'Prüfen Sie Netz und Adresse. Vorhandene Lizenzen lassen sich weiter ausschenken.',
    },
    'marketplace/not-authentic': {
      what: 'wer unter {url|seiner Adresse} antwortet, hat kein Zertifikat der hinterlegten CA ({reason|ohne Angabe})',
      todo: 'Verkaufen Sie nichts: prüfen Sie die Adresse, dann die Datei `marketplace.ca` mit dem Marktplatz.',
    },
    'broker/good': { what: 'antwortet unter {url|seiner Adresse}', todo: '' },
    'broker/silent': {
      what: 'antwortet nicht unter {url|seiner Adresse} ({reason|ohne Angabe})',
      todo: 'Prüfen Sie Netz und Adresse. Lizenzen kommen solange per REST, etwas später.',
    },
    'broker/not-authentic': {
      what: 'wer unter {url|seiner Adresse} antwortet, hat kein Zertifikat der hinterlegten CA ({reason|ohne Angabe})',
      todo: 'Prüfen Sie die Adresse, dann die Datei `marketplace.ca` mit dem Marktplatz.',
    },
    'payment/good': { what: 'Kettenquelle unter {url|ihrer Adresse}, Höhe {height|unbekannt}', todo: '' },
    'payment/silent': {
      what: 'keine Kettenquelle unter {url|ihrer Adresse} ({reason|ohne Angabe})',
      todo: 'Prüfen Sie `payment.esplora` in machine.yaml und das Netz. Bis dahin kann niemand zahlen.',
    },
    'certificates/good': { what: 'noch {days|viele} Tage ({name|das erste}, als erstes von {count|allen})', todo: '' },
    'certificates/soon': {
      what: 'nur noch {days|wenige} Tage für {name|eines}',
      todo: 'Lassen Sie es vom Hersteller oder vom Marktplatz erneuern.',
    },
    'certificates/expired': {
      what: '{name|ein Zertifikat} ist abgelaufen',
      todo: 'Lassen Sie es erneuern; geht die Uhr falsch, stellen Sie erst sie.',
    },
    'prekeys/good': { what: '{free|genug} frei, {assigned|keine} für Lizenzen gebunden', todo: '' },
    'prekeys/few': {
      what: 'nur {free|wenige} frei, {assigned|keine} für Lizenzen gebunden',
      todo: 'Weitere entstehen, wenn die Maschine ruht und den Marktplatz erreicht.',
    },
    'prekeys/none': {
      what: 'keine frei, also kann keine Lizenz gekauft werden',
      todo: 'Verbinden Sie die Maschine mit dem Marktplatz und lassen Sie sie eine Minute ruhen; sonst: Protokoll der Cell.',
    },
    'journal/good': { what: '{entries|alle} Einträge, Kette ganz', todo: '' },
    'journal/none': { what: 'noch nicht begonnen', todo: '' },
    'journal/broken': {
      what: 'beschädigt bei Eintrag {index|unbekannt}',
      todo: 'Sichern Sie die Datei. Spielen Sie eine gute Kopie des Ordners zurück, was in Quarantäne und Freigabe endet; ohne eine melden Sie das Token als verloren (decant marketplace report-loss) und richten neu ein.',
    },
    'journal/behind': {
      what: '{entries|weniger} Einträge auf der Platte, {index|mehr} nach dem Wort der Cell',
      todo: 'Die Cell schreibt anderswohin, oder die Platte hat Einträge verloren: prüfen Sie --state, dann die Platte.',
    },
    ...pumpFindingsDe,
    'lines/good': { what: '{count|alle}, jede in Ordnung', todo: '' },
    'lines/soon': {
      what: 'bald ist etwas fällig für {lines|einige}',
      todo: 'Was es ist, sagt `decant status`; `decant pump` erledigt es.',
    },
    'lines/blocked': {
      what: 'nicht im Verkauf: {lines|einige}; Reinigung oder Kalibrierung ist überfällig oder nie eingetragen',
      todo: 'Reinigen (`decant pump clean`) oder kalibrieren (`decant pump calibrate`); die anderen Leitungen verkaufen weiter.',
    },
    'needs/config': { what: 'nicht angesehen: machine.yaml ist nicht zu gebrauchen', todo: '' },
    'needs/cell': { what: 'nicht angesehen: die Cell antwortet nicht', todo: '' },
    'needs/provisioning': { what: 'nicht angesehen: die Maschine ist nicht in Betrieb genommen', todo: '' },
    'needs/access': { what: 'nicht angesehen: dieses Konto darf es nicht lesen', todo: '' },
  },
  doctor: {
    well: 'Es ist nichts zu finden, was fehlt ({warnings|0} Hinweise).',
    ill: 'Nicht bestandene Prüfungen: {count|einige}.',
  },
  states: {
    idle: 'bereit',
    pouring: 'beim Ausschenken',
    held: 'mitten im Getränk angehalten',
    service: 'im Service',
    fault: 'gestört',
    quarantined: 'in Quarantäne',
    retired: 'wird außer Dienst gestellt',
  },
  status: {
    is: 'ist',
    token: 'Token',
    profile: 'Profil',
    serial: 'Nummer',
    prekeys: 'Prekeys',
    free: 'frei',
    assigned: 'für Lizenzen gebunden',
    licences: 'Lizenzen',
    unused: 'unbenutzt',
    lastNumber: 'letzte Nummer',
    recipes: 'Rezepte',
    inSpool: 'im Spool',
    journal: 'Journal',
    entries: 'Einträge',
    head: 'Kopf',
    line: 'Linie',
    contacts: 'Kontakte',
    contact: { glass: 'Glas', door: 'Tür', tray: 'Schale', supply: 'Versorgung', service_key: 'Serviceschlüssel' },
    contactStates: { made: 'zu', open: 'OFFEN', unfitted: 'nicht vorhanden' },
  },
  licences: {
    none: 'in der Maschine liegt keine Nutzung',
    unused: 'unbenutzt',
    atHand: 'für jede Bestellung',
    until: 'bis',
    price: '{uses|Einige} Nutzungen von {drink|dem Getränk} kosten {price|einige} Satoshi (Kauf {order|ohne Namen})',
    ask: 'Kaufen? [j/N] ',
    bought:
      '{uses|Einige} Nutzungen von {drink|dem Getränk} für {price_sat|einige} Satoshi gekauft: Lizenz {seq|ohne Nummer}',
    notBought: 'Nichts wurde gekauft.',
  },
  licenceStates: { good: 'gültig', early: 'noch nicht', expired: 'abgelaufen', paused: 'ausgesetzt' },
  time: {
    title: 'Zeit',
    trusted: 'die Zeit ist vom Marktplatz unterschrieben',
    never: 'der Marktplatz hat die Zeit noch nicht gesagt: Lizenzen auf Zeit sind ausgesetzt',
    behind: 'die Uhr dieses Rechners geht der unterschriebenen Zeit nach: Lizenzen auf Zeit sind ausgesetzt',
    ahead:
      'die Uhr dieses Rechners geht der unterschriebenen Zeit über eine Stunde vor: Lizenzen auf Zeit sind ausgesetzt',
    stale: 'der Marktplatz hat die Zeit seit 7 Tagen nicht gesagt: Lizenzen auf Zeit sind ausgesetzt',
  },
  quarantine: {
    title: 'Quarantäne',
    why: '{reason|Die Lizenzierung nennt keinen Grund}',
    head: 'Freigabe-Kopf {head|unbekannt} (Eintrag {index|unbekannt})',
    noHead: 'die Lizenzierung hat noch keinen Kopf dieses Journals genannt: Desk muss sie einmal erreichen',
    out: 'Ausweg: Der Betreiber klärt, was geschehen ist, und ruft `decant marketplace release` mit diesem Kopf auf.',
    reasons: {
      forked:
        'dieses Journal ist älter als das, was die Lizenzierung kennt, oder eine zweite Maschine läuft unter diesem Namen',
      broken: 'was die Maschine meldete, ergibt nicht ihren eigenen Kopf: Das Journal kann beschädigt sein',
      'unknown-start': 'dieses Journal beginnt, wo die Lizenzierung nie war',
      'other-epoch': 'dies ist eine Kopie von vor einer Freigabe: Sie wird nie freigegeben',
    },
  },
  decommission: {
    ask: 'Das vernichtet endgültig jeden Schlüssel von {machine|der Maschine} und leert sie. Tippen Sie ihre Kennung, um fortzufahren: ',
    done: '{machine|Die Maschine} ist außer Dienst: {keys|alle} Einmalschlüssel vernichtet, {unspent|keine} lizenzierten Nutzungen offen. Letztes Wort in {file|der Datei}.',
    booked: 'Die Lizenzierung hat es.',
    carry: 'Die Lizenzierung hat es noch nicht: decant marketplace decommission --in {file|DATEI}',
  },
  admin: {
    revoked: 'Zurückgerufen: die Maschinen erfahren es sofort und durch die Statusliste.',
    noClaims: 'kein Antrag wartet auf einen Menschen',
    granted: 'Lizenz {seq|folgt} kommt mit der nächsten Meldung der Maschine.',
    none: 'noch keine Maschine hat sich gemeldet',
    facts: 'Epoche {epoch|0}, letzte Lizenz {seq|keine}',
    journal: 'meldet den Kopf {head|unbekannt}, Eintrag {index|unbekannt}',
    waiting: '{uses|einige} offene Nutzungen warten auf eine neue Lizenz',
    refused:
      '{uses|einige} offene Nutzungen werden nicht von selbst neu lizenziert: über der Grenze oder zurückgezogen',
    released: '{machine|Die Maschine} ist freigegeben; mit ihrer nächsten Meldung macht sie weiter.',
    enrolled: '{machine|Die Maschine} ist angemeldet.',
    retired:
      '{machine|Die Maschine} ist außer Dienst; {uses|keine} Nutzungen gehen ab {due|sofort} an ihre Nachfolgerin.',
    succeeded:
      '{heir|Die Nachfolgerin} folgt auf {machine|die Maschine}; {uses|keine} Nutzungen werden ihr ab {due|sofort} lizenziert.',
    states: {
      good: 'gut',
      quarantined: 'in Quarantäne',
      released: 'freigegeben, macht noch nicht weiter',
      retired: 'außer Dienst',
    },
  },
  journal: { whole: '{entries|Alle} Einträge, Kette ganz, Kopf {head|unbekannt}' },
  config: { good: '{file|Die Datei}: in Ordnung' },
  recipe: {
    unverified: 'Unterschrift nicht geprüft; das tut `decant recipe verify`',
    by: 'von',
    version: 'Version',
    class: 'Maschinenklasse',
    total: 'gesamt',
    duration: 'fließt höchstens',
    pieces: 'Stücke',
    allergens: 'Allergene',
    none: 'keine',
    alcohol: 'Alkohol',
    ingredients: 'Zutaten',
    upTo: 'bis',
    digest: 'Manifest',
    leak: 'Was jeder über die Mengen wissen kann:',
    narrow: 'enger als 20 % der Gesamtmenge',
    fits: {
      can: '{machine|Diese Maschine} kann es jetzt zubereiten.',
      cannot: '{machine|Diese Maschine} kann es jetzt nicht zubereiten:',
      error: '± {error|?} ml von {of|?} ml ({percent|?} %)',
      once: 'das Getränk',
      worst: 'das Getränk in kleinsten Portionen',
      unknown: 'Wie genau, ist nicht bekannt: für eine der Zutaten fehlt eine Leitung, oder sie wurde nie kalibriert.',
    },
    verified:
      '{file|Die Datei}: {name|das Rezept}, Version {version|unbekannt}, unterschrieben von {author|seinem Autor}, ganz',
    sealed:
      '{name|Das Rezept}, Version {version|unbekannt}, in {pieces|einige} Stücken für Klassenschlüssel {class|unbekannt} versiegelt.',
    notDeposited:
      'Der Lizenzschlüssel wurde nicht hinterlegt (--deposit) und ist weg: für diese Datei gibt es nie eine Lizenz.',
    typeFingerprint: 'SHA-256-Fingerabdruck der Herstellerwurzel, wie der Hersteller ihn Ihnen genannt hat: ',
    import2018: {
      fillIn: 'bitte ausfüllen',
      glass: 'bitte die Art ausfüllen; es fasst das Getränk und soll auch das Eis fassen',
      unnamed: 'eine Kennung der Maschine von 2018; setzen Sie eine unserer Zutaten dafür ein',
      merged:
        'Zeile {line|?}: {ingredient|eine Zutat} stand zweimal da und wird jetzt einmal ausgegeben, beide Mengen zusammen; die Maschine von 2018 gab nur die kleinere aus.',
      split: 'Zeile {line|?} wurde zu mehreren Schritten, nacheinander wie zuvor.',
      rounded:
        'Zeile {line|?}: aus {from|ihren} ms Schlaf wurde eine Pause von {to|mehr} ms; Pausen sind halbe Sekunden.',
      dropped: 'Zeile {line|?}: ihr Schlaf entfällt, weil nichts folgt; auch die Maschine von 2018 wartete dann nicht.',
      written: '{file|Die Quelle} ist geschrieben; füllen Sie aus, was leer ist, und versiegeln Sie dann.',
    },
  },
  maker: {
    soft: 'Das ist ein Soft-Token: es bekommt nur Schlüssel von Klassen namens demo-….',
    made: 'Hersteller unter {folder|dem Ordner}:',
  },
  provision: {
    step: 'Schritt {number|?} von {of|?}: {what|er}',
    again: ' (noch einmal: er wurde unterbrochen)',
    steps: {
      token: 'der Token, leer',
      identity: 'Identitätsschlüssel im Token (RSA: dauert Sekunden, auf einer kleinen Maschine eine Minute)',
      'state-key': 'Zustandsschlüssel im Token',
      request: 'Zertifikatsanfrage',
      certificate: 'Zertifikat, geprüft',
      transport: 'einmaliger Transportschlüssel (RSA-3072: dauert Sekunden, auf einer kleinen Maschine eine Minute)',
      'class-key': 'Klassenschlüssel, im Token ausgepackt',
      anchors: 'wem die Maschine glaubt',
      prekeys: 'erste Einmalschlüssel (RSA, einer nach dem anderen)',
      epochs: 'Epochen des Klassenschlüssels',
      'read-back': 'jedes Objekt des Tokens zurückgelesen und verglichen',
    },
    waiting: {
      certificate:
        'Wartet auf das Zertifikat. Bringen Sie {sent|die Anfrage} zum Hersteller (decant maker enrol), legen Sie die Antwort unter {file|dem vereinbarten Ort} ab und rufen Sie denselben Befehl noch einmal auf.',
      'class-key':
        'Wartet auf den Klassenschlüssel. Bringen Sie {sent|die Anfrage} zum Hersteller (decant maker class-key wrap), legen Sie die Antwort unter {file|dem vereinbarten Ort} ab und rufen Sie denselben Befehl noch einmal auf.',
    },
    complete: 'Fertig. Die Zelle kann starten.',
    notBegun: 'Noch nicht begonnen.',
    next: 'als Nächstes Schritt {number|?} von {of|?}: {what|er}',
    whole: '{objects|Alle} Objekte im Token, jedes wie es sein muss.',
    findings: {
      unknown: '{object|ein Objekt} hat in diesem Token nichts zu suchen',
      'left-over': '{object|ein Objekt} ist von einer Schlüsselübergabe übrig',
      twice: '{object|ein Objekt} liegt zweimal da',
      differs: '{object|ein Objekt}: {attribute|ein Merkmal} soll {expected|anders} sein und ist {found|es nicht}',
      missing: '{object|ein Objekt} fehlt',
    },
    anchors:
      'Die Maschine glaubt von jetzt an Liste {version|unbekannt} ihres Herstellers; die vorige gilt noch 90 Tage.',
    epochs: 'Die Maschine hat die Epochen {epochs|unbekannt} ihres Klassenschlüssels.',
    pins: 'PIN und SO-PIN liegen neben dem Token in {folder|seinem Ordner}: ein Software-Token ist nur für Vorführung und Entwicklung.',
  },
  memoryScan: {
    searched: '{regions|keine} Bereiche, {megabytes|keine} MB durchsucht',
    unread: 'nicht lesbar: {bytes|einige} Bytes von {region|einem Bereich}',
    copies: 'Bytefolge {number|wie angegeben}: {count|keine} Kopien',
  },
};
