import { parseArgs } from 'node:util';
import { noMoreThan, required, unknownAction } from '../console/options.ts';
import { runFileStep } from '../provisioning/file-steps.ts';
import { goOn } from '../provisioning/go-on.ts';
import { requestEpoch, takeEpoch, takeNewAnchors } from '../provisioning/in-service.ts';
import { tellStatus, verifyToken } from '../provisioning/look.ts';
import { type MachineBench, machineBench, provisionOptions, type ProvisionValues } from '../provisioning/options.ts';
import { readPlan } from '../provisioning/plan-file.ts';

export const help = `usage: decant provision [--machine-folder DIR] [--plan FILE] [--stick DIR]
       decant provision --status | --verify [--json]
       decant provision class-key --out TRANSPORT_REQ [--again]
       decant provision class-key --in CLASS_KEY
       decant provision anchors --in ANCHORS

Brings a machine into service, step by step: token, identity key, state key, certificate, class key, whom it believes,
first one-time keys; then reads every object of the token back. Each step is written to cell/provisioning/audit.log before
and after. Ended at any point, the same command goes on where it was. Files to and from the maker lie in --stick (here,
when it is not given): out request.p10 and transport.cose, in identity.der and class-key.cose. hsm/PROVISIONING.md has the
whole ceremony.

  class-key --out, --in  a further epoch of the class key, on a machine in service, running or not
  anchors --in           the maker's next list of whom to believe
  --status               how far it has come; opens no token
  --verify               every object and attribute of the token against the table; exit code 1 when one differs

  --machine-folder DIR   token/ and cell/ below it (else --state, as for doctor)
  --plan FILE            who the machine is and whom it believes (.yaml, or CBOR); kept from the first run
  --est URL --ca PEM --voucher FILE   the certificate from the marketplace by EST instead of by file
  --module PATH --token-label L       a hardware token; PIN and SO-PIN are typed, or read from --pin-file, --so-pin-file
  --who NAME             the person at the console, for the audit record
  --json                 one object a line: steps, then {"state": "complete"} or {"state": "waiting", "for", "file"}

For programs that carry the files themselves: decant provision request --plan FILE --out REQUEST, class-key --in CERT
--out TRANSPORT_REQ --plan FILE, finish --in CLASS_KEY --plan FILE.

Exit code 2 while something has to be brought.
`;

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: provisionOptions });
  noMoreThan(1, positionals);
  const [action] = positionals;
  using bench = machineBench(values);
  if (values.status) return await tellStatus(bench.ports, values.json);
  if (values.verify) return await verifyToken(bench.ports, values.json);
  switch (action) {
    case undefined:
      return await goOn(bench, values);
    case 'request':
    case 'finish':
      return await fileStep(action, bench, values);
    case 'class-key':
      return await classKey(bench, values);
    case 'anchors':
      await takeNewAnchors(bench, required(values.in, '--in'), values.json);
      return 0;
    default:
      throw unknownAction(action, ['request', 'class-key', 'finish', 'anchors']);
  }
}

/** With a plan it is a part of the first ceremony, without one a further epoch. */
async function classKey(bench: MachineBench, values: ProvisionValues): Promise<number> {
  if (values.plan !== undefined) return fileStep('class-key', bench, values);
  if (values.in === undefined) await requestEpoch(bench, required(values.out, '--in / --out'), values);
  else await takeEpoch(bench, values.in, values);
  return 0;
}

async function fileStep(
  step: 'request' | 'class-key' | 'finish',
  { ports }: MachineBench,
  values: ProvisionValues,
): Promise<number> {
  if (values.state === undefined) required(values['machine-folder'], '--machine-folder');
  await runFileStep(step, await readPlan(required(values.plan, '--plan')), ports, values);
  process.stdout.write(`${JSON.stringify({ done: step })}\n`);
  return 0;
}
