import { unknownAction } from '../console/options.ts';
import { importCommand } from '../recipe/import-2018.ts';
import { inspectRecipe } from '../recipe/inspect.ts';
import { sealCommand } from '../recipe/seal.ts';
import { verifyRecipe } from '../recipe/verify.ts';

export const help = `usage: decant recipe seal SOURCE -o FILE.tdr --class-key CERT --maker-root ROOT [--fingerprint HEX]
                          --author-key PEM [--passphrase FILE] --author-cert CERT [--ingredients FILE]
                          [--deposit FILE --deposit-key CERT --marketplace-root ROOT] [--json]
       decant recipe inspect FILE.tdr [--leak] [--ingredients FILE] [--fits [--state DIR]] [--json]
       decant recipe verify FILE.tdr [--author-root CERT] [--json]
       decant recipe import-2018 FILE.json [-o SOURCE.yaml] [--ingredients NAMES.yaml]

  seal     seals a recipe source for one class key and signs it
  inspect  shows what anybody can read of a sealed recipe; its signature is not looked at
  verify   proves that the file is whole and signed by an author below the root
  import-2018  turns a recipe program of the 2018 machine ({"recipe": {"lines": [...]}}) into a source. Names, glass,
           colour and price stay empty for you to fill in; what was changed is said. Never writes over a file

Certificates are DER or PEM.

  --class-key CERT         the class key, as the machine maker certified it; up to three times, for the epochs of it
                           that machines may still hold
  --maker-root ROOT        the maker's root certificate
  --fingerprint HEX        its SHA-256, from the maker by another way; without it you are asked to type it. Whoever
                           chooses the root can read the outer layer, so a root is never believed by itself
  --author-key PEM         your private key, P-256; stays here
  --passphrase FILE        first line: the passphrase of your key, when it has one
  --author-cert CERT       your certificate
  --ingredients FILE       what is publicly known of the ingredients (default: the project's own list)
                           of import-2018: your ids for the program's, one \`theirs: yours\` a line
  --deposit FILE           writes the DEPOSIT for licensing: the licence key, wrapped to the key below
  --deposit-key CERT       licensing's deposit key (GET /v1/deposit-key), checked against the marketplace's root
  --marketplace-root ROOT  the marketplace's CA
  --leak                   for each ingredient the interval that follows from all public fields together
  --fits                   whether the running machine can make it now, every reason why not, and how far doses may be off
  --state DIR              that machine's state folder (DECANT_STATE, or .decant here, or /var/lib/decant)
  --author-root CERT       CA of the authors (default: that of the demo maker in DECANT_STATE or .decant)
  --json                   one JSON document; volumes in µl
`;

export function run(args: readonly string[]): Promise<number> {
  const [action, ...rest] = args;
  switch (action) {
    case 'seal':
      return sealCommand(rest);
    case 'inspect':
      return inspectRecipe(rest);
    case 'verify':
      return verifyRecipe(rest);
    case 'import-2018':
      return importCommand(rest);
    default:
      throw unknownAction(action, ['seal', 'inspect', 'verify', 'import-2018']);
  }
}
