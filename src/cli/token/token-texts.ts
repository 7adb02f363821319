import type { ProbeName, Verdict } from '#hsm/report/token-report.ts';
import type { Language } from '#wire/sentences/language.ts';

/** What `decant token report` prints for people, in one language. */
export interface TokenTexts {
  /** Before anything is done. */
  readonly ahead: string;
  readonly verdicts: Readonly<Record<Verdict['t'], string>>;
  readonly probes: Readonly<Record<ProbeName, string>>;
  readonly because: string;
  readonly skipped: string;
  /** Headings of the table. */
  readonly columns: readonly [what: string, median: string, p95: string, count: string];
  readonly limits: string;
  readonly agrees: string;
  readonly differs: string;
  readonly untried: string;
  readonly clean: string;
  readonly left: string;
}

export const tokenTexts: Readonly<Record<Language, TokenTexts>> = {
  en: {
    ahead:
      'The PIN is tried once. About twenty keys, session objects and token objects labelled "{label|of the report}", are made in the token "{token|named}" ({module|its module}), used, and taken away again. Its own keys are not touched.',
    verdicts: {
      H: 'Profile H: content keys never leave this token.',
      S: 'Profile S: this token cannot open pieces; content keys lie in locked memory while a drink is poured.',
      unusable: 'Unusable: no key may be trusted to this token.',
    },
    probes: {
      'generate-rsa-2048': 'makes RSA-2048 keys',
      'generate-rsa-3072': 'makes RSA-3072 keys',
      'generate-p256': 'makes P-256 keys',
      'session-key-pairs': 'makes key pairs in the session',
      'sign-pss': 'signs RSA-PSS, SHA-256',
      'sign-pkcs1': 'signs RSA PKCS#1, SHA-256',
      'sign-ecdsa': 'signs ECDSA, P-256',
      parallel: 'signs in four sessions at once',
      destroy: 'destroys a key for good',
      'unwrap-oaep-sha1': 'unwraps RSA-OAEP, SHA-1',
      'unwrap-oaep-sha256': 'unwraps RSA-OAEP, SHA-256',
      'unwrapped-unreadable': 'keeps unwrapped keys unreadable',
      'decrypt-oaep-sha1': 'decrypts RSA-OAEP, SHA-1',
      'open-gcm': 'opens AES-GCM, 64 KiB, into our buffer',
      'gcm-wrong-tag': 'gives nothing for a wrong tag',
      'ends-with-session': 'ends keys with their session',
      'unwrap-template': 'enforces unwrap templates',
      'allowed-mechanisms': 'enforces allowed mechanisms',
      'uses-enforced': 'enforces what a key is for',
      'unwrap-kwp-210a': 'unwraps RFC 5649 as 0x210A',
      'unwrap-kwp-210b': 'unwraps RFC 5649 as 0x210B',
      'unwrapped-private-keeps-uses': 'takes a class key as it is asked to',
    },
    because: 'because it does not: {reasons|do it}',
    skipped: 'not tried',
    columns: ['', 'median', '95 %', 'n'],
    limits: 'Borne, at a price (SECURITY.md): it does not: {limits|see above}',
    agrees: 'It does what the table of modules says of {row|it}.',
    differs:
      'Differs from the table of modules ({row|its row}): {trait|a trait} is {found|otherwise}, the table says {said|not}.',
    untried: 'Nobody has tried this module before ({said|unnamed}): it has no row in the table of modules.',
    clean: 'Nothing of the report is left in the token.',
    left: '{count|Some} objects labelled "{label|of the report}" could not be taken away; the next report tries again.',
  },
  de: {
    ahead:
      'Die PIN wird einmal versucht. Im Token „{token|genannt}“ ({module|sein Modul}) entstehen rund zwanzig Schlüssel, als Sitzungsobjekte und als Token-Objekte namens „{label|des Berichts}“, werden benutzt und wieder entfernt. Seine eigenen Schlüssel bleiben unberührt.',
    verdicts: {
      H: 'Profil H: Inhaltsschlüssel verlassen dieses Token nie.',
      S: 'Profil S: Dieses Token kann keine Stücke öffnen; Inhaltsschlüssel liegen beim Ausschenken in gesperrtem Speicher.',
      unusable: 'Unbrauchbar: Diesem Token darf kein Schlüssel anvertraut werden.',
    },
    probes: {
      'generate-rsa-2048': 'erzeugt RSA-2048-Schlüssel',
      'generate-rsa-3072': 'erzeugt RSA-3072-Schlüssel',
      'generate-p256': 'erzeugt P-256-Schlüssel',
      'session-key-pairs': 'erzeugt Schlüsselpaare in der Sitzung',
      'sign-pss': 'unterschreibt RSA-PSS, SHA-256',
      'sign-pkcs1': 'unterschreibt RSA PKCS#1, SHA-256',
      'sign-ecdsa': 'unterschreibt ECDSA, P-256',
      parallel: 'unterschreibt in vier Sitzungen zugleich',
      destroy: 'vernichtet einen Schlüssel endgültig',
      'unwrap-oaep-sha1': 'entpackt RSA-OAEP, SHA-1',
      'unwrap-oaep-sha256': 'entpackt RSA-OAEP, SHA-256',
      'unwrapped-unreadable': 'hält entpackte Schlüssel unlesbar',
      'decrypt-oaep-sha1': 'entschlüsselt RSA-OAEP, SHA-1',
      'open-gcm': 'öffnet AES-GCM, 64 KiB, in unseren Puffer',
      'gcm-wrong-tag': 'gibt bei falscher Prüfsumme nichts heraus',
      'ends-with-session': 'beendet Schlüssel mit ihrer Sitzung',
      'unwrap-template': 'setzt Vorlagen fürs Entpacken durch',
      'allowed-mechanisms': 'setzt erlaubte Verfahren durch',
      'uses-enforced': 'setzt durch, wofür ein Schlüssel ist',
      'unwrap-kwp-210a': 'entpackt RFC 5649 als 0x210A',
      'unwrap-kwp-210b': 'entpackt RFC 5649 als 0x210B',
      'unwrapped-private-keeps-uses': 'nimmt einen Klassenschlüssel wie verlangt',
    },
    because: 'denn es kann nicht: {reasons|es}',
    skipped: 'nicht versucht',
    columns: ['', 'Median', '95 %', 'n'],
    limits: 'Hingenommen, mit Folgen (SECURITY.md): es kann nicht: {limits|siehe oben}',
    agrees: 'Es tut, was die Tabelle der Module von {row|ihm} sagt.',
    differs:
      'Anders als die Tabelle der Module ({row|seine Zeile}): {trait|eine Eigenschaft} ist {found|anders}, die Tabelle sagt {said|nein}.',
    untried: 'Dieses Modul hat noch niemand versucht ({said|ungenannt}): Es hat keine Zeile in der Tabelle der Module.',
    clean: 'Vom Bericht bleibt nichts im Token.',
    left: '{count|Einige} Objekte namens „{label|des Berichts}“ ließen sich nicht entfernen; der nächste Bericht versucht es wieder.',
  },
};
