import { parseArgs } from 'node:util';
import { loadCryptoki } from '#hsm/cryptoki.ts';
import { makeReport } from '#hsm/report/make-report.ts';
import { reportLabel } from '#hsm/report/temporary-keys.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { fillHoles } from '#wire/sentences/sentence-for.ts';
import { consoleLanguage } from '../console/language.ts';
import { noMoreThan, unknownAction } from '../console/options.ts';
import { secretOf } from '../console/secret-prompt.ts';
import { machinePlace } from '../machine-place.ts';
import { findToken } from '../token/find-token.ts';
import { reportTable } from '../token/report-table.ts';
import { tokenTexts } from '../token/token-texts.ts';

export const help = `usage: decant token report [--state DIR] [--module PATH] [--label LABEL] [--pin-file FILE] [--json]

Finds out what a PKCS#11 token can really do by letting it do it, and says whether it keeps content keys inside (profile H), has to
give them to locked memory while a drink is poured (profile S), or is unusable. It makes keys labelled ${reportLabel} and
takes them away again. A terminal is asked for the PIN; it is tried once.

  --state DIR      the machine whose token it is (DECANT_STATE, or .decant here, or /var/lib/decant)
  --module PATH    another module instead of the machine's; NSS wants DECANT_PKCS11_PARAMETERS, too
  --label LABEL    the token, where the module shows more than one
  --pin-file FILE  its first line is the PIN; else the machine's own PIN file, else the terminal
  --json           the report as one JSON document; times in ms

Exit code 1 when the token is unusable, or something of the report is left in it.
`;

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      state: { type: 'string' },
      module: { type: 'string' },
      label: { type: 'string' },
      'pin-file': { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  if (positionals[0] !== 'report') throw unknownAction(positionals[0], ['report']);
  noMoreThan(1, positionals);
  const texts = tokenTexts[consoleLanguage()];
  const found = await findToken(machinePlace(values.state), values);
  const cryptoki = loadCryptoki(found.module);
  const card = found.card(cryptoki);
  const pin = await secretOf(values['pin-file'] ?? found.pinFile, '--pin-file', `PIN of the token "${card.label}": `);
  try {
    const holes = { token: card.label, module: found.module, label: reportLabel };
    process.stderr.write(`${fillHoles(texts.ahead, holes)}\n\n`);
    const clock = (): number => performance.now();
    const report = await makeReport({ cryptoki, card, pin, entropy: systemEntropy, clock });
    process.stdout.write(`${values.json ? JSON.stringify(report) : reportTable(report, texts)}\n`);
    return report.verdict.t === 'unusable' || report.left > 0 ? 1 : 0;
  } finally {
    pin.fill(0);
  }
}
