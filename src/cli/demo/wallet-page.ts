import { bitcoinAmount, type PaymentRequest } from '#payment/uri.ts';

/** The words of the demo wallet's page in one language. */
interface Words {
  readonly lang: string;
  readonly title: string;
  readonly to: string;
  readonly pay: string;
  readonly paying: string;
  readonly paid: string;
  readonly refused: string;
  readonly nothing: string;
  readonly note: string;
}

const english: Words = {
  lang: 'en',
  title: 'Demo wallet',
  to: 'to',
  pay: 'Pay',
  paying: 'Paying …',
  paid: 'Paid. Transaction',
  refused: 'Not paid:',
  nothing: 'Scan the code on the machine’s screen to pay here.',
  note: 'A wallet of the test chain in this demo. Its coins are worth nothing.',
};

const german: Words = {
  lang: 'de',
  title: 'Vorführ-Geldbörse',
  to: 'an',
  pay: 'Bezahlen',
  paying: 'Wird bezahlt …',
  paid: 'Bezahlt. Transaktion',
  refused: 'Nicht bezahlt:',
  nothing: 'Zum Bezahlen den Code auf dem Bildschirm der Maschine lesen.',
  note: 'Eine Geldbörse der Testkette dieser Vorführung. Ihre Münzen sind nichts wert.',
};

export interface WalletPage {
  readonly uri: string;
  /** Null when `uri` is no payment request. */
  readonly request: PaymentRequest | null;
  /** The browser's `accept-language`. */
  readonly languages: string;
  /** For the content security policy: only style and script with this number run. */
  readonly nonce: string;
}

/** The wallet's one page: what is asked, a button, the result. Works without anything from elsewhere. */
export function walletPage(page: WalletPage): string {
  const words = page.languages.trim().toLowerCase().startsWith('de') ? german : english;
  return `<!doctype html>
<html lang="${words.lang}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(words.title)}</title>
<style nonce="${page.nonce}">${style}</style>
<main>
<h1>${escape(words.title)}</h1>
${page.request === null ? `<p>${escape(words.nothing)}</p>` : requestPart(page.request, words)}
<p class="note">${escape(words.note)}</p>
</main>
${page.request === null ? '' : `<script nonce="${page.nonce}">${script(page.uri, words)}</script>`}
</html>
`;
}

function requestPart(request: PaymentRequest, words: Words): string {
  const sat = request.amount.toLocaleString(words.lang);
  return `<p class="amount"><strong>${sat}</strong> sat <small>${bitcoinAmount(request.amount)} BTC</small></p>
<p>${escape(request.label)}${request.message === undefined ? '' : ` · ${escape(request.message)}`}</p>
<p class="address">${escape(words.to)} <code>${escape(request.address)}</code></p>
<button id="pay" type="button">${escape(words.pay)}</button>
<p id="result" role="status"></p>`;
}

const style = `
:root { color-scheme: light dark; font: 18px/1.5 system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: Canvas; color: CanvasText; }
main { width: min(26rem, calc(100vw - 3rem)); padding: 2rem 0; }
h1 { font-size: 1rem; font-weight: 600; opacity: .7; margin: 0 0 1.5rem; }
.amount { font-size: 1.5rem; margin: 0; } .amount strong { font-size: 2.75rem; line-height: 1.1; }
.amount small { display: block; font-size: .9rem; opacity: .7; }
.address { overflow-wrap: anywhere; font-size: .85rem; }
button { width: 100%; min-height: 3.5rem; border: 0; border-radius: .75rem; font: inherit; font-weight: 600;
  background: #1d5f4a; color: #fff; cursor: pointer; }
button:disabled { opacity: .5; cursor: default; } button:focus-visible { outline: 3px solid Highlight; outline-offset: 3px; }
#result { min-height: 3em; overflow-wrap: anywhere; } .note { font-size: .8rem; opacity: .7; }
`;

function script(uri: string, words: Words): string {
  const told = { paying: words.paying, paid: words.paid, refused: words.refused };
  return `
const uri = ${inScript(uri)}, words = ${inScript(told)};
const button = document.getElementById('pay'), result = document.getElementById('result');
button.addEventListener('click', async () => {
  button.disabled = true;
  result.textContent = words.paying;
  try {
    const answer = await fetch('/pay', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ uri }) });
    const body = await answer.json();
    if (answer.ok) { result.textContent = words.paid + ' ' + body.txid; return; }
    result.textContent = words.refused + ' ' + body.code;
  } catch (error) { result.textContent = words.refused + ' ' + error.message; }
  button.disabled = false;
});
`;
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => escapes[character] ?? '');

/** A value as JavaScript source that cannot end the script element. */
const inScript = (value: unknown): string => JSON.stringify(value).replace(/</g, '\\u003c');
