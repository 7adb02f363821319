import { findModule } from '#hsm/cryptoki.ts';
import { ensureToken } from '#hsm/init-token.ts';
import { openToken } from '#hsm/open-token.ts';
import type { Pkcs11Token } from '#hsm/pkcs11-token.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { secretOf } from '../console/secret-prompt.ts';

/** Options by which a command names a token. */
export const namedTokenOptions = {
  module: { type: 'string' },
  'token-label': { type: 'string' },
  'pin-file': { type: 'string' },
  'so-pin-file': { type: 'string' },
  'soft-tokens': { type: 'string' },
} as const;

/** A token behind a module that the caller names. */
export interface NamedToken {
  readonly module: string | undefined;
  readonly label: string;
  /** Files with PIN and SO-PIN; without them they are typed. */
  readonly pinFile: string | undefined;
  readonly soPinFile: string | undefined;
  /** Where SoftHSM keeps its tokens, when the module is SoftHSM. */
  readonly softTokens: string | undefined;
}

/** Initialises the token when it is not, and logs in, with one attempt. */
export async function openNamedToken(named: NamedToken): Promise<Pkcs11Token> {
  const { label } = named;
  const module = findModule(named.module ?? process.env['DECANT_PKCS11_MODULE']);
  const pin = await secretOf(named.pinFile, '--pin-file', `PIN of the token "${label}": `);
  try {
    const soPin = (): Promise<Buffer> =>
      secretOf(named.soPinFile, '--so-pin-file', `SO-PIN for the new token "${label}": `);
    await ensureToken({ module, label, soPin, pin });
    const folder = named.softTokens === undefined ? {} : { tokensFolder: named.softTokens };
    return await openToken({ module, label, pin, entropy: systemEntropy, ...folder });
  } finally {
    pin.fill(0);
  }
}
