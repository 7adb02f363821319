import type { Sentences } from './sentence.ts';

const back = 'Falls Sie schon bezahlt haben, bekommen Sie das Geld als Gutschein zurück.';
const nothing = 'Es wurde nichts berechnet.';
const staff = 'Bitte sagen Sie dem Personal Bescheid.';
const later = 'Bitte versuchen Sie es gleich noch einmal, oder wählen Sie ein anderes Getränk.';

/** What people are told in German. A hole `{name|otherwise}` takes a fact of the failure. */
export const de: Sentences = {
  // what arrived over a wire
  'message/too-large': {
    what: 'Eine Nachricht war größer als erlaubt und wurde nicht gelesen.',
    money: '',
    todo: staff,
  },
  'message/malformed': {
    what: 'Zwei Teile des Systems haben einander nicht verstanden.',
    money: '',
    todo: 'Bitte versuchen Sie es noch einmal. Bleibt es dabei, sagen Sie dem Personal: Beide Teile brauchen dieselbe Version.',
  },
  'message/unknown-operation': {
    what: 'Es wurde etwas verlangt, das die andere Seite nicht kennt.',
    money: '',
    todo: 'Bitte sagen Sie dem Personal: Beide Teile brauchen dieselbe Version.',
  },
  'message/not-authentic': {
    what: 'Eine Nachricht kam nicht von dem, der sie angeblich schickte, und wurde nicht verwendet.',
    money: back,
    todo: staff,
  },
  'message/unavailable': {
    what: 'Die Maschine war gerade nicht erreichbar.',
    money: 'Es wurde nichts Neues berechnet.',
    todo: 'Bitte warten Sie kurz und versuchen Sie es noch einmal.',
  },
  'message/timed-out': {
    what: 'Die Antwort hat zu lange gedauert.',
    money: 'Es wird nichts doppelt berechnet: Ein neuer Versuch ist dieselbe Bestellung.',
    todo: 'Bitte versuchen Sie es noch einmal.',
  },
  // the token
  'token/missing': {
    what: 'Das Sicherheitstoken dieser Maschine wurde nicht gefunden.',
    money: back,
    todo: 'Bitte sagen Sie dem Personal: Das Token muss eingesteckt und sein Modul eingetragen sein.',
  },
  'token/removed': {
    what: 'Das Sicherheitstoken wurde im laufenden Betrieb entfernt.',
    money: back,
    todo: 'Der Service muss es wieder einsetzen und die Maschine neu starten.',
  },
  'token/refused': {
    what: 'Dieser Art von Sicherheitstoken ({module|ungenannt}) darf kein Schlüssel anvertraut werden: {reason|siehe Bericht}.',
    money: back,
    todo: 'Der Service muss ein anderes einsetzen.',
  },
  'token/wrong-pin': {
    what: 'Die PIN des Sicherheitstokens war falsch.',
    money: '',
    todo: 'Prüfen Sie die PIN vor dem nächsten Versuch: Nach zu vielen falschen sperrt sich das Token.',
  },
  'token/pin-locked': {
    what: 'Das Sicherheitstoken hat sich nach zu vielen falschen PINs gesperrt.',
    money: back,
    todo: 'Der Service muss es mit der PIN des Sicherheitsbeauftragten entsperren.',
  },
  'token/mechanism-missing': {
    what: 'Das Sicherheitstoken beherrscht ein nötiges Verfahren nicht: {mechanism|siehe Protokoll}.',
    money: back,
    todo: 'Der Service muss ein Token einsetzen, das es kann.',
  },
  'token/failed': {
    what: 'Das Sicherheitstoken hat einen Fehler gemeldet, darum wurde nichts geöffnet.',
    money: back,
    todo: 'Bitte wählen Sie noch einmal. Passiert es wieder, sagen Sie dem Personal Bescheid.',
  },
  'token/key-missing': {
    what: 'Ein nötiger Schlüssel liegt nicht im Sicherheitstoken.',
    money: back,
    todo: 'Der Service muss sich die Maschine ansehen.',
  },
  'token/destroy-unproven': {
    what: 'Es ließ sich nicht beweisen, dass der Einmalschlüssel vernichtet ist. Darum wurde nichts ausgeschenkt.',
    money: 'Sie bekommen Ihr Geld als Gutschein zurück.',
    todo: 'Bitte sagen Sie dem Personal: Die Maschine braucht den Service, bevor sie weiter verkauft.',
  },
  'token/soft-refused': {
    what: 'Diese Maschine hat nur ein Entwicklungstoken, das außerhalb der Demo abgelehnt wird.',
    money: '',
    todo: 'Setzen Sie ein Hardware-Token ein, oder erlauben Sie das Entwicklungstoken bewusst.',
  },
  'token/unwrap-refused': {
    what: 'Das Sicherheitstoken hat den Schlüssel dieses Rezepts nicht angenommen.',
    money: back,
    todo: 'Bitte wählen Sie ein anderes Getränk und sagen Sie dem Personal Bescheid.',
  },
  'token/state-not-authentic': {
    what: 'Die eigenen Aufzeichnungen der Maschine über ihren Vorrat wurden verändert und gelten nicht.',
    money: back,
    todo: 'Der Service muss den Vorrat neu eingeben.',
  },
  // sealed recipes
  'recipe/malformed': {
    what: 'Die Datei des Rezepts ist beschädigt.',
    money: back,
    todo: 'Bitte wählen Sie ein anderes Getränk.',
  },
  'recipe/not-authentic': {
    what: 'Die Unterschrift des Rezepts stimmt nicht, darum wird es nicht verwendet.',
    money: back,
    todo: 'Bitte wählen Sie ein anderes Getränk.',
  },
  'recipe/wrong-class': {
    what: 'Dieses Rezept wurde für eine andere Art von Maschine gemacht.',
    money: back,
    todo: 'Bitte wählen Sie ein anderes Getränk.',
  },
  'recipe/epoch-not-held': {
    what: 'Dieses Getränk ist für einen Schlüssel versiegelt, den diese Maschine nicht (mehr oder noch nicht) hat.',
    money: back,
    todo: 'Bitte wählen Sie ein anderes Getränk. Ein Techniker kann den neueren Schlüssel beim Hersteller holen.',
  },
  'recipe/digest-mismatch': {
    what: 'Die Datei des Rezepts ist nicht die, die veröffentlicht wurde.',
    money: back,
    todo: 'Bitte wählen Sie ein anderes Getränk. Die Maschine holt die Datei neu.',
  },
  'recipe/piece-not-authentic': {
    what: 'Ein Teil des Rezepts wurde verändert. Die Maschine hat angehalten, bevor sie ihn verwendet hat.',
    money: 'Sie bekommen Ihr Geld als Gutschein zurück.',
    todo: 'Falls etwas im Glas ist, lassen Sie es bitte stehen. Wählen Sie ein anderes Getränk.',
  },
  'recipe/over-bound': {
    what: 'Das Rezept verlangte mehr, als sein Autor unterschrieben hat. Darum hat die Maschine angehalten.',
    money: 'Sie bekommen Ihr Geld als Gutschein zurück.',
    todo: 'Falls etwas im Glas ist, lassen Sie es bitte stehen. Wählen Sie ein anderes Getränk.',
  },
  'recipe/below-total': {
    what: 'Das Rezept endete mit weniger, als sein Autor unterschrieben hat.',
    money: 'Sie bekommen Ihr Geld als Gutschein zurück.',
    todo: 'Falls etwas im Glas ist, lassen Sie es bitte stehen. Wählen Sie ein anderes Getränk.',
  },
  'recipe/key-reused': {
    what: 'Das Rezept wurde mit einem schon benutzten Schlüssel versiegelt, darum wird es nicht verwendet.',
    money: back,
    todo: 'Bitte wählen Sie ein anderes Getränk. Der Autor muss es neu versiegeln.',
  },
  'recipe/source-invalid': {
    what: 'Die Quelle des Rezepts hat einen Fehler bei {at|einer unbekannten Stelle}: {reason|siehe Liste}.',
    money: '',
    todo: 'Verbessern Sie ihn und versiegeln Sie neu.',
  },
  'recipe/revoked': {
    what: 'Dieses Rezept wurde zurückgerufen.',
    money: back,
    todo: 'Bitte wählen Sie ein anderes Getränk.',
  },
  'recipe/unknown': {
    what: 'Dieses Rezept ist hier nicht bekannt.',
    money: nothing,
    todo: 'Bitte wählen Sie ein anderes Getränk.',
  },
  'recipe/wrong-root': {
    what: 'Das Wurzelzertifikat des Herstellers ist nicht das, dessen Fingerabdruck angegeben wurde.',
    money: '',
    todo: 'Erfragen Sie beides noch einmal beim Hersteller, auf zwei verschiedenen Wegen.',
  },
  'recipe/key-mismatch': {
    what: 'Schlüssel und Zertifikat des Autors gehören nicht zusammen.',
    money: '',
    todo: 'Nehmen Sie das Zertifikat, das für diesen Schlüssel ausgestellt wurde.',
  },
  // licences
  'licence/malformed': { what: 'Die eingetroffene Lizenz ließ sich nicht lesen.', money: back, todo: later },
  'licence/not-authentic': {
    what: 'Die eingetroffene Lizenz ist nicht echt und wird nicht verwendet.',
    money: back,
    todo: later,
  },
  'licence/other-machine': {
    what: 'Die eingetroffene Lizenz gehört einer anderen Maschine.',
    money: back,
    todo: later,
  },
  'licence/gap': {
    what: 'Eine frühere Lizenz fehlt noch; die Maschine holt sie gerade.',
    money: 'Ihre Zahlung gilt; die Bestellung geht von selbst weiter.',
    todo: 'Bitte warten Sie einen Moment.',
  },
  'licence/forked': {
    what: 'Zwei verschiedene Lizenzen tragen dieselbe Nummer, darum gilt keine.',
    money: back,
    todo: 'Bitte sagen Sie dem Personal Bescheid. Der Marktplatz muss das klären.',
  },
  'licence/replayed': {
    what: 'Diese Lizenz war schon einmal hier und gilt kein zweites Mal.',
    money: back,
    todo: later,
  },
  'licence/order-unknown': {
    what: 'Es traf eine Lizenz ein, die diese Maschine nicht bestellt hat.',
    money: back,
    todo: later,
  },
  'licence/key-unknown': {
    what: 'Die Lizenz hängt an einem Schlüssel, der nicht von dieser Maschine ist.',
    money: back,
    todo: later,
  },
  'licence/key-gone': {
    what: 'Den Einmalschlüssel dieser Lizenz gibt es nicht mehr: Sie wurde verbraucht, oder die Maschine wurde zurückgesetzt.',
    money: back,
    todo: later,
  },
  'licence/key-assigned': {
    what: 'Der Einmalschlüssel dieser Lizenz gehört schon zu einer anderen.',
    money: back,
    todo: later,
  },
  'licence/prekeys-missing': {
    what: 'Der Maschine sind die Einmalschlüssel ausgegangen; sie macht gerade neue.',
    money: back,
    todo: 'Bitte versuchen Sie es in ein paar Minuten noch einmal.',
  },
  'licence/manifest-mismatch': {
    what: 'Die Lizenz gilt für eine andere Ausgabe dieses Rezepts.',
    money: back,
    todo: later,
  },
  'licence/terms-unknown': {
    what: 'Die Lizenz hat Bedingungen, die diese Maschine nicht versteht.',
    money: back,
    todo: 'Bitte wählen Sie ein anderes Getränk. Die Maschine braucht eine Aktualisierung.',
  },
  'licence/expired': { what: 'Die Lizenz für dieses Getränk ist abgelaufen.', money: back, todo: later },
  'licence/not-yet-valid': {
    what: 'Die Lizenz für dieses Getränk gilt noch nicht.',
    money: back,
    todo: 'Bitte wählen Sie ein anderes Getränk und sagen Sie dem Personal: Vielleicht geht die Uhr der Maschine falsch.',
  },
  'licence/spent': { what: 'Diese Lizenz ist schon verbraucht.', money: back, todo: later },
  'licence/none': { what: 'Für dieses Getränk liegt keine Lizenz in der Maschine.', money: back, todo: later },
  'licence/unsynced': {
    what: 'Die Maschine hat zu viele Getränke ausgeschenkt, die der Marktplatz noch nicht verbucht hat.',
    money: back,
    todo: later,
  },
  'offer/not-authentic': {
    what: 'Das Angebot des Marktplatzes ist nicht echt, darum wird nichts gekauft.',
    money: back,
    todo: later,
  },
  'licence/claim-refused': {
    what: 'Von diesem Getränk floss zu viel, als dass seine Lizenz kostenlos ersetzt würde.',
    money: back,
    todo: staff,
  },
  'licence/claims-capped': {
    what: 'Für diese Maschine wurden heute so viele Lizenzen ersetzt, wie es darf; die nächste prüft ein Mensch.',
    money: back,
    todo: staff,
  },
  'licence/revoked': {
    what: 'Der Marktplatz hat die Lizenz für dieses Getränk zurückgerufen.',
    money: back,
    todo: 'Bitte wählen Sie ein anderes Getränk.',
  },
  'licence/list-stale': {
    what: 'Die Maschine hat zu lange nicht gehört, welche Lizenzen zurückgerufen sind, und schenkt bis dahin nichts mehr aus.',
    money: back,
    todo: later,
  },
  'licence/damaged': {
    what: 'Die Datei der Lizenz ist auf der Maschine beschädigt; sie wird neu geholt.',
    money: back,
    todo: later,
  },
  'offer/unknown': { what: 'Der Marktplatz kennt das angenommene Angebot nicht.', money: back, todo: later },
  'offer/expired': {
    what: 'Das Angebot des Marktplatzes lief ab, bevor es angenommen war.',
    money: back,
    todo: later,
  },
  'offer/nonce-mismatch': {
    what: 'Das Angebot des Marktplatzes antwortet auf eine andere Frage, darum wird nichts gekauft.',
    money: back,
    todo: later,
  },
  'offer/price-mismatch': {
    what: 'Der Preis der Lizenz geht nicht auf, darum wird nichts gekauft.',
    money: back,
    todo: later,
  },
  'offer/limit-reached': {
    what: 'Die Maschine hat ihre Grenze für den Kauf von Lizenzen erreicht.',
    money: back,
    todo: 'Bitte kommen Sie später wieder, oder fragen Sie das Personal.',
  },
  // signed time
  'time/untrusted': {
    what: 'Die Lizenz dieses Getränks gilt nur für eine bestimmte Zeit, und die Maschine ist sich der Zeit gerade nicht sicher.',
    money: back,
    todo: later,
  },
  'time/nonce-mismatch': {
    what: 'Eine Zeitangabe beantwortete nicht die Frage der Maschine und wurde nicht verwendet.',
    money: '',
    todo: staff,
  },
  'time/too-slow': {
    what: 'Eine Zeitangabe brauchte länger als zehn Sekunden und wurde nicht verwendet.',
    money: '',
    todo: 'Nichts: die Maschine fragt wieder.',
  },
  'time/older': {
    what: 'Der Marktplatz nannte eine Zeit vor einer, die er schon unterschrieben hatte.',
    money: '',
    todo: staff,
  },
  // the machine
  'machine/revoked': {
    what: 'Der Marktplatz bedient diese Maschine nicht mehr.',
    money: back,
    todo: staff,
  },
  'machine/quarantined': {
    what: 'Diese Maschine ist gesperrt, bis der Service sie geprüft hat.',
    money: back,
    todo: staff,
  },
  'machine/busy': {
    what: 'Die Maschine ist beschäftigt. Bestellungen vor Ihrer: {before|mindestens eine}.',
    money: 'Ihre Bestellung gilt.',
    todo: 'Bitte warten Sie, bis sie fertig ist.',
  },
  'machine/not-provisioned': {
    what: 'Diese Maschine ist noch nicht eingerichtet.',
    money: nothing,
    todo: 'Der Service muss sie erst in Betrieb nehmen.',
  },
  'machine/profile-too-low': {
    what: 'Dieses Rezept gibt es nur für Maschinen, deren Schlüssel nie ihren Sicherheitsbaustein verlassen.',
    money: back,
    todo: 'Bitte wählen Sie ein anderes Getränk.',
  },
  'machine/no-grant': {
    what: 'Die Pumpen sind dafür nicht freigegeben, darum bewegt sich nichts.',
    money: '',
    todo: 'Starten Sie erst einen Serviceauftrag, oder bestellen Sie ein Getränk.',
  },
  'machine/glass-missing': {
    what: 'Unter dem Auslauf steht kein Glas.',
    money: 'Ihre Zahlung gilt; es geht nichts verloren.',
    todo: 'Stellen Sie ein Glas hin und berühren Sie Start.',
  },
  'machine/glass-changed': {
    what: 'Unter dem Auslauf steht ein anderes Glas als vorher, darum wurde der Rest nicht ausgeschenkt.',
    money: back,
    todo: 'Bitte sagen Sie dem Personal Bescheid, wenn Sie das nicht waren.',
  },
  'machine/held': {
    what: 'Das Getränk ist angehalten.',
    money: 'Ihre Zahlung gilt; es geht nichts verloren.',
    todo: 'Berühren Sie Weiter, wenn Sie so weit sind.',
  },
  'machine/interlock-open': {
    what: 'Eine Tür, eine Schale oder ein anderer Schutz ist offen: {interlock|bitte nachsehen}.',
    money: 'Ihre Zahlung gilt; es geht nichts verloren.',
    todo: 'Schließen Sie ihn und berühren Sie Start. Geht das nicht, sagen Sie dem Personal Bescheid.',
  },
  'machine/ingredient-missing': {
    what: 'Aufgebraucht oder nicht eingesetzt: {ingredient|eine Zutat}.',
    money: back,
    todo: 'Bitte wählen Sie ein anderes Getränk.',
  },
  'machine/not-feasible': {
    what: 'Diese Maschine kann das Getränk nicht so machen, wie sein Autor es will.',
    money: back,
    todo: 'Bitte wählen Sie ein anderes Getränk.',
  },
  'machine/alcohol-off': {
    what: 'Getränke mit Alkohol gibt es an dieser Maschine zurzeit nicht.',
    money: back,
    todo: 'Bitte wählen Sie ein Getränk ohne Alkohol, oder fragen Sie das Personal.',
  },
  'machine/software-too-old': {
    what: 'Dieses Rezept braucht eine neuere Software, als die Maschine hat: {needed|eine spätere Version}.',
    money: back,
    todo: 'Bitte wählen Sie ein anderes Getränk.',
  },
  'machine/glass-too-small': {
    what: 'Dieses Getränk passt nicht in die Gläser dieser Maschine; es hat {needed_ml|mehr} ml.',
    money: back,
    todo: 'Bitte wählen Sie ein anderes Getränk.',
  },
  'machine/dose-too-small': {
    what: 'Diese Maschine kann {dose_ml|so wenige} ml {ingredient|einer Zutat} nicht genau genug ausgeben: es können {error_ml|einige} ml ({error_percent|einige} %) fehlen oder zu viel sein.',
    money: back,
    todo: 'Bitte wählen Sie ein anderes Getränk.',
  },
  'machine/line-blocked': {
    what: 'Eine Leitung muss erst gereinigt oder kalibriert werden: {ingredient|eine Zutat}.',
    money: back,
    todo: 'Bitte wählen Sie ein anderes Getränk, oder sagen Sie dem Personal Bescheid.',
  },
  'machine/line-too-slow': {
    what: 'Die Leitung mit {ingredient|einer Zutat} ist zu langsam für dieses Getränk.',
    money: back,
    todo: 'Bitte wählen Sie ein anderes Getränk oder sagen Sie dem Personal Bescheid.',
  },
  'machine/pump-limit': {
    what: 'Dieses Getränk braucht vielleicht mehr {ingredient|von einer Zutat} ({needed_ml|zu viele} ml), als die Pumpe am Stück fördern darf.',
    money: back,
    todo: 'Bitte wählen Sie ein anderes Getränk.',
  },
  'machine/too-few-pumps': {
    what: 'Dieses Getränk will {needed|mehr} Pumpen zugleich laufen lassen, mehr als diese Maschine kann.',
    money: back,
    todo: 'Bitte wählen Sie ein anderes Getränk.',
  },
  'machine/power-short': {
    what: 'Dieses Getränk braucht vielleicht {needed_w|mehr} W für Pumpen zugleich, mehr als diese Maschine hat.',
    money: back,
    todo: 'Bitte wählen Sie ein anderes Getränk.',
  },
  'machine/burn-failed': {
    what: 'Die Lizenz ließ sich nicht als verbraucht vermerken, darum wurde nichts ausgeschenkt.',
    money: 'Sie bekommen Ihr Geld als Gutschein zurück.',
    todo: 'Bitte wählen Sie noch einmal. Passiert es wieder, sagen Sie dem Personal Bescheid.',
  },
  'machine/pour-interrupted': {
    what: 'Der Ausschank wurde angehalten, bevor das Getränk fertig war.',
    money: 'Was Sie bezahlt haben, bekommen Sie als Gutschein zurück.',
    todo: 'Bitte lassen Sie das Glas stehen und fragen Sie das Personal. Von selbst wird nie weiter ausgeschenkt.',
  },
  'machine/pour-partial': {
    what: 'Es kam nicht alles heraus. Das Getränk ist nicht, wie es sein soll.',
    money: 'Was Sie bezahlt haben, bekommen Sie als Gutschein zurück.',
    todo: 'Bitte servieren Sie es so nicht. Wählen Sie neu, oder fragen Sie das Personal.',
  },
  'machine/cell-unreachable': {
    what: 'Das Ausschankwerk der Maschine antwortet nicht.',
    money: 'Es geht nichts verloren: Eine bezahlte Bestellung geht weiter, oder das Geld kommt als Gutschein zurück.',
    todo: 'Bitte warten Sie einen Moment. Bleibt es so, sagen Sie dem Personal Bescheid.',
  },
  'machine/power-cut': {
    what: 'Während Ihr Getränk gemacht wurde, ist der Strom ausgefallen.',
    money: 'Was Sie bezahlt haben, bekommen Sie als Gutschein zurück.',
    todo: 'Bitte lassen Sie das Glas stehen und fragen Sie das Personal. Von selbst wird nie weiter ausgeschenkt.',
  },
  'machine/not-quarantined': {
    what: 'Diese Maschine ist nicht in Quarantäne.',
    money: nothing,
    todo: 'Sehen Sie zuerst nach, wie die Maschinen stehen (decant marketplace machines).',
  },
  'machine/journal-unclear': {
    what: '{journals|Mehrere} Journale melden sich unter dem Namen dieser Maschine, und {meant|keines oder mehrere} davon passen zu der Angabe.',
    money: nothing,
    todo: 'Lesen Sie den Kopf an der Maschine ab, die weitermachen soll (decant status), und geben Sie seine ersten Stellen an.',
  },
  'machine/retired': {
    what: 'Diese Maschine wurde endgültig außer Dienst gestellt.',
    money: back,
    todo: staff,
  },
  'machine/not-retired': {
    what: 'Die Maschine ist noch in Dienst: Sie muss außer Dienst gestellt oder als verloren gemeldet sein, bevor ihr eine andere nachfolgt.',
    money: nothing,
    todo: 'Stellen Sie sie erst außer Dienst (decant decommission) oder melden Sie sie als verloren.',
  },
  'machine/two-people': {
    what: 'Den Verlust eines Tokens müssen zwei Personen melden.',
    money: nothing,
    todo: 'Geben Sie die Namen von Betreiber und Techniker an.',
  },
  // keeping the machine
  'service/key-missing': {
    what: 'Der Serviceschlüssel dieser Maschine ist nicht gedreht.',
    money: '',
    todo: 'Drehen Sie ihn und fragen Sie noch einmal.',
  },
  'service/amount-missing': {
    what: 'Wie viel Leitung {line|ohne Nummer} fasst, ist nicht bekannt; `{program|dieses Programm}` weiß darum nicht, wie viel zu fördern ist.',
    money: '',
    todo: 'Nennen Sie es mit --ml, oder schreiben Sie `dead_volume_ul` der Leitung in machine.yaml.',
  },
  'service/plan-missing': {
    what: 'In machine.yaml steht nicht, wie Leitung {line|ohne Nummer} gereinigt wird.',
    money: '',
    todo: 'Nennen Sie --product, --contact und --rinse-ml, oder schreiben Sie den Plan in machine.yaml.',
  },
  'calibration/dose-unknown': {
    what: 'Dosis {job|ohne Nummer} hat diese Leitung nicht abgemessen, seit die Maschine läuft.',
    money: '',
    todo: 'Beginnen Sie die Kalibrierung von vorn.',
  },
  'calibration/too-few-doses': {
    what: 'Bei Ansteuerung {drive|unbekannt} gibt es {doses|zu wenige} Dosen; nötig sind {needed|drei}.',
    money: '',
    todo: 'Messen Sie mehr davon und kalibrieren Sie noch einmal. Es wurde nichts geändert.',
  },
  'calibration/spread-too-large': {
    what: 'Die Dosen bei Ansteuerung {drive|unbekannt} weichen um {ml|zu viele} ml ({percent|zu viele} %) voneinander ab.',
    money: '',
    todo: 'Lassen Sie die Waage zur Ruhe kommen, suchen Sie Luft in der Leitung und messen Sie noch einmal. Es wurde nichts geändert.',
  },
  'calibration/flow-falls': {
    what: 'Bei Ansteuerung {drive|unbekannt} fließt nicht mehr als bei der darunter.',
    money: '',
    todo: 'Suchen Sie einen geknickten Schlauch oder eine leere Flasche und messen Sie noch einmal. Es wurde nichts geändert.',
  },
  'calibration/out-of-range': {
    what: 'Was bei Ansteuerung {drive|unbekannt} gewogen wurde, kann keine Pumpe gefördert haben.',
    money: '',
    todo: 'Prüfen Sie Einheit und Waage und messen Sie noch einmal. Es wurde nichts geändert.',
  },
  'calibration/lag-implausible': {
    what: 'Kurze und lange Dosen passen nicht zusammen: die Pumpe begänne {ms|zu viele} ms zu spät.',
    money: '',
    todo: 'Prüfen Sie, was zu welcher Dosis gewogen wurde, und messen Sie noch einmal. Es wurde nichts geändert.',
  },
  'calibration/none-before': {
    what: 'Leitung {line|ohne Nummer} hat keine frühere Kalibrierung.',
    money: '',
    todo: 'Es gibt nichts zurückzunehmen.',
  },
  // outputs
  'dispenser/over-limit': {
    what: 'Eine Pumpe sollte mehr, als sie darf. Darum hat die Maschine angehalten.',
    money: back,
    todo: staff,
  },
  'dispenser/late': {
    what: 'Ein Pumpenschritt kam zu spät, darum hat die Maschine angehalten.',
    money: back,
    todo: 'Bitte lassen Sie das Glas stehen und wählen Sie neu. Passiert es wieder, sagen Sie dem Personal Bescheid.',
  },
  'dispenser/lease-expired': {
    what: 'Die Pumpen haben ihre Steuerung verloren und sich selbst abgeschaltet.',
    money: back,
    todo: 'Bitte lassen Sie das Glas stehen und sagen Sie dem Personal Bescheid.',
  },
  'dispenser/unknown-pump': {
    what: 'Eine nötige Pumpe ist nicht eingerichtet: {pump|siehe Protokoll}.',
    money: back,
    todo: 'Der Service muss sie einrichten.',
  },
  'dispenser/output-stuck': {
    what: 'Ein Ausgang ließ sich nicht abschalten, darum hat die Maschine ihre Pumpen gesperrt.',
    money: back,
    todo: 'Bitte treten Sie zurück und sagen Sie sofort dem Personal Bescheid.',
  },
  'dispenser/supply-lost': {
    what: 'Die Pumpen haben keinen Strom: Der Not-Halt wurde gedrückt, oder ihre Versorgung ist ausgefallen.',
    money: back,
    todo: 'Bitte sagen Sie dem Personal Bescheid. Von selbst läuft nichts wieder an.',
  },
  'dispenser/no-flow': {
    what: 'Eine Pumpe lief, und es kam nichts: Eine Flasche ist leer oder eine Leitung verstopft.',
    money: back,
    todo: 'Bitte sagen Sie dem Personal Bescheid, und wählen Sie ein anderes Getränk.',
  },
  'dispenser/failed': {
    what: 'Die Pumpen haben einen Fehler gemeldet, darum hat die Maschine angehalten.',
    money: back,
    todo: 'Bitte lassen Sie das Glas stehen und sagen Sie dem Personal Bescheid.',
  },
  'dispenser/no-chip': {
    what: 'Dieser Rechner hat keinen GPIO-Chip {wanted|mit bekanntem Namen}; er hat: {found|keinen}.',
    money: nothing,
    todo: 'Der Service muss einen davon als hardware.chip in machine.yaml eintragen.',
  },
  'dispenser/line-taken': {
    what: 'Etwas anderes auf diesem Rechner benutzt {line|eine Leitung} von {chip|dem GPIO-Chip}: {by|unbekannt}.',
    money: nothing,
    todo: 'Der Service muss es beenden oder eine andere Leitung wählen.',
  },
  'dispenser/link-lost': {
    what: 'Die Verbindung zu den Pumpen ist abgerissen, darum haben sie sich selbst abgeschaltet.',
    money: back,
    todo: 'Bitte lassen Sie das Glas stehen und sagen Sie dem Personal Bescheid.',
  },
  'dispenser/reset': {
    what: 'Die Steuerung der Pumpen ist neu gestartet, die Pumpen sind darum aus.',
    money: back,
    todo: 'Bitte lassen Sie das Glas stehen und sagen Sie dem Personal Bescheid.',
  },
  'dispenser/port-unavailable': {
    what: 'Die Verbindung zu den Pumpen lässt sich nicht öffnen.',
    money: back,
    todo: staff,
  },
  'dispenser/board-silent': {
    what: 'Die Steuerung der Pumpen antwortet nicht.',
    money: back,
    todo: staff,
  },
  'dispenser/firmware-too-old': {
    what: 'Die Steuerung der Pumpen hat andere Software, als diese Maschine braucht.',
    money: back,
    todo: 'Der Service muss sie aktualisieren.',
  },
  'dispenser/pin-refused': {
    what: 'Ein Anschluss der Pumpen ist nicht so, wie es die Konfiguration sagt: {pin|siehe Protokoll}.',
    money: back,
    todo: 'Der Service muss sie berichtigen.',
  },
  // journal
  'journal/torn': {
    what: 'Der letzte Eintrag im Journal der Maschine wurde durch einen Stromausfall abgeschnitten und ist repariert.',
    money: '',
    todo: 'Es ist nichts zu tun; der Eintrag steht im Protokoll.',
  },
  'journal/broken': {
    what: 'Das Journal der Maschine ist beschädigt, darum wird nichts verkauft.',
    money: back,
    todo: 'Der Service muss sich die Maschine ansehen.',
  },
  'journal/rolled-back': {
    what: 'Das Journal der Maschine ist älter, als der Marktplatz weiß. Darum wird nichts verkauft.',
    money: back,
    todo: 'Der Marktplatz muss die Maschine freigeben, bevor sie weiter verkauft.',
  },
  'disk/failed': {
    what: 'Die Maschine konnte ihren Speicher nicht lesen oder beschreiben, darum wurde nichts begonnen.',
    money: back,
    todo: staff,
  },
  // money
  'payment/underpaid': {
    what: 'Es kam weniger Geld an, als das Getränk kostet.',
    money: 'Was ankam, ist dieser Bestellung gutgeschrieben.',
    todo: 'Bitte senden Sie den Rest an dieselbe Adresse, oder brechen Sie ab und nehmen Sie einen Gutschein.',
  },
  'payment/expired': {
    what: 'Die Zeit zum Bezahlen dieser Bestellung ist um.',
    money: 'Wenn Sie doch noch bezahlen, bekommen Sie dafür einen Gutschein.',
    todo: 'Bitte bestellen Sie neu, wenn Sie das Getränk noch möchten.',
  },
  'payment/late': {
    what: 'Die Zahlung kam erst an, als die Zeit schon um war.',
    money: 'Sie bekommen für alles einen Gutschein.',
    todo: 'Bestellen Sie neu und zahlen Sie mit dem Gutschein.',
  },
  'payment/reorganised': {
    what: 'Das Bitcoin-Netz hat den Block mit der Zahlung zurückgenommen.',
    money: 'Es ist nichts verloren: Meist wird die Zahlung von selbst neu bestätigt.',
    todo: 'Bitte warten Sie, oder fragen Sie das Personal.',
  },
  'payment/unknown': {
    what: 'Das Bitcoin-Netz lässt sich gerade nicht fragen.',
    money: 'Eine Zahlung, die unterwegs ist, geht nicht verloren: Sie wird gefunden, sobald das Netz antwortet.',
    todo: 'Bitte warten Sie einen Moment. Bleibt es so, sagen Sie dem Personal Bescheid.',
  },
  'payment/wrong-network': {
    what: 'Die Zahlung gehört zu einem anderen Bitcoin-Netz als dem dieser Maschine.',
    money: 'Hier ist kein Geld angekommen.',
    todo: 'Bitte nehmen Sie eine Wallet für das richtige Netz.',
  },
  'payment/refused': {
    what: 'Das Bitcoin-Netz hat die Zahlung abgelehnt.',
    money: 'Das Geld bleibt in der Wallet, die es senden wollte.',
    todo: 'Bitte versuchen Sie noch einmal zu bezahlen.',
  },
  'payment/address-reused': {
    what: 'Für diese Zahlung ließ sich keine neue Adresse bilden.',
    money: nothing,
    todo: staff,
  },
  'payment/balance-low': {
    what: 'Das eigene Guthaben der Maschine reicht nicht, um die Lizenz zu kaufen.',
    money: back,
    todo: 'Bitte sagen Sie dem Personal: Der Betreiber muss es auffüllen.',
  },
  'payment/voucher-unknown': {
    what: 'Dieser Gutschein ist hier nicht bekannt.',
    money: nothing,
    todo: 'Bitte prüfen Sie den Code Zeichen für Zeichen.',
  },
  'payment/voucher-used': {
    what: 'Dieser Gutschein ist schon eingelöst.',
    money: nothing,
    todo: 'Bitte zahlen Sie auf andere Weise, oder fragen Sie das Personal.',
  },
  'payment/voucher-too-small': {
    what: 'Der Gutschein ist {balance|weniger} Satoshi wert, weniger als der Preis von {wanted|dem Getränk}.',
    money: 'Der Gutschein bleibt gültig.',
    todo: 'Bitte wählen Sie ein anderes Getränk, oder zahlen Sie auf andere Weise.',
  },
  'payment/voucher-locked': {
    what: 'Es wurden zu viele falsche Gutscheincodes eingegeben. {minutes|Einige} Minuten lang wird kein Gutschein angenommen.',
    money: 'Ihr Gutschein bleibt gültig.',
    todo: 'Bitte warten Sie, oder zahlen Sie auf andere Weise.',
  },
  // marketplace
  'marketplace/unreachable': {
    what: 'Der Marktplatz ist nicht erreichbar, darum lässt sich keine neue Lizenz kaufen.',
    money:
      'Haben Sie schon bezahlt, bleibt Ihre Bestellung bestehen; geben Sie sie auf, kommt das Geld als Gutschein zurück.',
    todo: 'Bitte warten Sie, oder kommen Sie später wieder. Eine bezahlte Bestellung geht von selbst weiter.',
  },
  'marketplace/refused': {
    what: 'Der Marktplatz hat den Verkauf der Lizenz abgelehnt.',
    money: back,
    todo: later,
  },
  'marketplace/not-authorised': {
    what: 'Der Marktplatz lässt diese Maschine nicht zu.',
    money: back,
    todo: 'Bitte sagen Sie dem Personal: Das Zertifikat der Maschine muss geprüft werden.',
  },
  'marketplace/unknown-machine': {
    what: 'Der Marktplatz kennt diese Maschine nicht.',
    money: back,
    todo: 'Bitte sagen Sie dem Personal: Die Maschine muss angemeldet werden.',
  },
  'marketplace/unknown-order': { what: 'Der Marktplatz kennt diese Bestellung nicht.', money: back, todo: later },
  'marketplace/duplicate': {
    what: 'Der Marktplatz hat das schon, mit anderem Inhalt.',
    money: 'Es wird nichts doppelt berechnet.',
    todo: staff,
  },
  'marketplace/too-many-requests': {
    what: 'Der Marktplatz wurde in zu kurzer Zeit zu oft gefragt.',
    money: '',
    todo: 'Bitte warten Sie einen Moment; die Maschine versucht es von selbst noch einmal.',
  },
  'broker/unreachable': {
    what: 'Der Nachrichtendienst ist nicht erreichbar; die Maschine fragt den Marktplatz direkt.',
    money: '',
    todo: 'Es ist nichts zu tun; Bestellungen dauern vielleicht etwas länger.',
  },
  // orders
  'order/unknown': {
    what: 'Diese Bestellung ist hier nicht bekannt.',
    money: 'Falls Sie bezahlt haben, zeigen Sie dem Personal die Transaktion.',
    todo: 'Bitte bestellen Sie neu.',
  },
  'order/wrong-state': {
    what: 'Das geht nicht mehr: Die Bestellung ist schon weiter.',
    money: '',
    todo: 'Bitte sehen Sie nach, was der Bildschirm jetzt sagt.',
  },
  'order/duplicate': {
    what: 'Diese Bestellung gibt es schon, für ein anderes Getränk.',
    money: nothing,
    todo: 'Bitte gehen Sie zurück und bestellen Sie neu.',
  },
  'order/too-many': {
    what: 'In der letzten Stunde wurden zu viele Bestellungen begonnen und nicht bezahlt.',
    money: nothing,
    todo: 'Bitte versuchen Sie es später wieder, oder zahlen Sie mit einem Gutschein.',
  },
  'order/broken': {
    what: 'Es ist etwas schiefgegangen, womit niemand gerechnet hat. Es ist unter der Bestellnummer {number|auf diesem Bildschirm} vermerkt.',
    money: 'Auch was Sie bezahlt haben, ist vermerkt und kommt zu Ihnen zurück.',
    todo: staff,
  },
  // Inbetriebnahme und Maschinenhersteller
  'provision/audit-broken': {
    what: 'Das Protokoll der Inbetriebnahme ist bei Eintrag {entry|unbekannt} beschädigt.',
    money: '',
    todo: 'Heben Sie die Datei auf und klären Sie, wer sie geändert hat; beginnen Sie dann mit leerem Token und leerem Ordner neu.',
  },
  'provision/token-differs': {
    what: 'Das Objekt {object|im Token} ist nicht, was es sein muss: {attribute|ein Merkmal} soll {expected|anders} sein und ist {found|es nicht}.',
    money: '',
    todo: 'Benutzen Sie diesen Token nicht: Nehmen Sie ihn außer Betrieb, klären Sie, wie das Objekt hineinkam, und beginnen Sie neu.',
  },
  'provision/object-unknown': {
    what: 'Im Token liegt ein Objekt, das dort nichts zu suchen hat: {object|ohne Namen}.',
    money: '',
    todo: 'Nehmen Sie einen leeren Token; wenn dieser Ihrer ist, nehmen Sie ihn zuerst außer Betrieb.',
  },
  'provision/epoch-held': {
    what: 'Die Maschine hat Epoche {epoch|dieser Nummer} ihres Klassenschlüssels schon.',
    money: '',
    todo: 'Bitten Sie den Hersteller um eine neuere, wenn es eine gibt.',
  },
  'provision/epoch-too-old': {
    what: 'Epoche {epoch|dieser Nummer} des Klassenschlüssels ist älter als die drei, die die Maschine behält.',
    money: '',
    todo: 'Bitten Sie den Hersteller um die neueste.',
  },
  'provision/anchors-stale': {
    what: 'Die Liste der vertrauten Hersteller hat die Version {version|unbekannt}; nach Version {held|vorhanden} wird die nächste gebraucht.',
    money: '',
    todo: 'Nehmen Sie die Listen nacheinander in ihrer Reihenfolge.',
  },
  'provision/voucher-used': {
    what: 'Der Gutschein des Besitzers für diese Maschine wurde schon benutzt.',
    money: '',
    todo: 'Bitten Sie den Hersteller um einen neuen, und klären Sie, wer diesen benutzt hat.',
  },
  'maker/epoch-unknown': {
    what: 'Der Hersteller hat keinen Schlüssel der Epoche {epoch|dieser Nummer} für die Klasse {class|dieses Namens}.',
    money: '',
    todo: 'Nehmen Sie eine der gültigen Epochen, oder machen Sie mit `decant maker class-key rotate` die nächste.',
  },
  'maker/enrolment-missing': {
    what: 'Für die Maschine {machine|dieses Namens} gibt es keinen Eintrag in der Liste der Maschinen.',
    money: '',
    todo: 'Sagen Sie mit --token und --profile, welchen Token sie hat; das wird dann aufgeschrieben.',
  },
  'maker/enrolment-differs': {
    what: 'Der Eintrag von {machine|dieser Maschine} sagt etwas anderes: {found|ein anderer Token}.',
    money: '',
    todo: 'Sehen Sie die Maschine an. Wurde ihr Token mit Absicht getauscht, sagen Sie es mit --replace.',
  },
  'release/file-differs': {
    what: 'Die Datei {path|dieser Ausgabe} ist nicht die, die der Hersteller unterschrieben hat.',
    money: '',
    todo: 'Installieren Sie sie nicht: Holen Sie die Ausgabe neu und sagen Sie es dem Hersteller.',
  },
  // set-up
  'config/invalid': {
    what: 'Die Konfiguration hat einen Fehler: {reason|siehe Liste}.',
    money: '',
    todo: 'Verbessern Sie ihn und starten Sie neu.',
  },
  'config/process-ended': {
    what: 'Ein Teil des Programms ({command|einer seiner Prozesse}) ist beim Starten beendet worden.',
    money: '',
    todo: 'Lesen Sie den Grund in seinem Protokoll, {log|im Ordner logs des Zustandsordners}, beheben Sie ihn und starten Sie neu.',
  },
  'config/port-taken': {
    what: 'Ein anderes Programm benutzt schon den Port {port|dieses Dienstes}.',
    money: '',
    todo: 'Beenden Sie das andere Programm, oder wählen Sie einen anderen Port mit {option|der Option dafür}.',
  },
  'config/package-missing': {
    what: 'Ein nötiges Paket ist nicht installiert: {package|siehe Protokoll}.',
    money: '',
    todo: 'Installieren Sie es und starten Sie neu.',
  },
  'usage/wrong': {
    what: 'Der Befehl wurde nicht verstanden.',
    money: '',
    todo: 'Sehen Sie in die Hilfe und versuchen Sie es noch einmal.',
  },
  'usage/option-missing': { what: 'Es fehlt: {option|etwas, das nötig ist}.', money: '', todo: 'Siehe --help.' },
  'usage/option-wrong': {
    what: 'Die Option {option|im Aufruf} kann nicht {value|so} lauten.',
    money: '',
    todo: 'Was sie sein darf, sagt --help.',
  },
  'usage/option-unknown': {
    what: 'Eine Option {option|dieses Namens} gibt es nicht.',
    money: '',
    todo: 'Siehe --help.',
  },
  'usage/argument-unknown': {
    what: 'Das Argument „{argument|im Aufruf}“ wird nicht verstanden.',
    money: '',
    todo: 'Was dort stehen darf, sagt --help.',
  },
  'file/unreadable': {
    what: 'Die Datei {path|im Aufruf} kann nicht gelesen werden ({reason|ohne Angabe}).',
    money: '',
    todo: 'Prüfen Sie ihren Namen und wer sie lesen darf.',
  },
  'file/unwritable': {
    what: 'Die Datei {path|im Aufruf} kann nicht geschrieben werden ({reason|ohne Angabe}).',
    money: '',
    todo: 'Prüfen Sie den Ordner und wer dort schreiben darf.',
  },
  // ein Prozess dieses Rechners
  'process/debuggable': {
    what: 'Die Zelle startet nicht, wo man ihr zusehen oder ihren Speicher wegschreiben lassen könnte: {setting|ein Debugger} ist gesetzt.',
    money: '',
    todo: 'Starten Sie sie ohne; `decant cell` und seine Unit tun das.',
  },
  'process/memory-not-lockable': {
    what: 'Die Zelle darf {allowed|zu wenige} Bytes Speicher festhalten und braucht {needed|mehr}: Geheimes könnte ausgelagert werden.',
    money: '',
    todo: 'Heben Sie die Grenze an (`ulimit -l`; in einer Unit LimitMEMLOCK=) und starten Sie sie neu.',
  },
  'memory/no-process': {
    what: 'Einen Prozess mit der Nummer {pid|im Aufruf} gibt es nicht.',
    money: '',
    todo: 'Sehen Sie die Nummer noch einmal nach: vielleicht ist er beendet.',
  },
  'memory/not-permitted': {
    what: 'Der Speicher des Prozesses {pid|im Aufruf} darf nicht gelesen werden ({reason|ohne Angabe}).',
    money: '',
    todo: 'Versuchen Sie es als root. Eine Zelle lässt sonst niemanden hineinsehen, auch nicht ihr eigenes Konto.',
  },
};
