import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cryptoki, findModule } from '#hsm/cryptoki.ts';
import { softhsmPlace } from '#hsm/softhsm-config.ts';
import { findCard, listCards, type TokenCard } from '#hsm/token-card.ts';
import { requireConfig } from '#shared/config.ts';
import { Failure } from '#shared/failure.ts';
import { machineConfig } from '#wire/machine-config.ts';
import type { MachinePlace } from '../machine-place.ts';

/** Where a token is. */
export interface FoundToken {
  /** Path of the module. */
  readonly module: string;
  /** The token, once the module is loaded. @throws Failure `token/missing`, `usage/option-missing` */
  readonly card: (cryptoki: Cryptoki) => TokenCard;
  /** The machine's own PIN file, where there is one. */
  readonly pinFile: string | undefined;
}

/**
 * The machine's token, or that behind a module which was named. Sets SOFTHSM2_CONF for a machine's soft token.
 * @throws Failure `file/unreadable`, `config/invalid`, `token/missing`
 */
export async function findToken(
  place: MachinePlace,
  named: { readonly module?: string | undefined; readonly label?: string | undefined },
): Promise<FoundToken> {
  const { label } = named;
  if (named.module !== undefined) {
    const only = (cryptoki: Cryptoki): TokenCard =>
      label === undefined ? onlyCard(cryptoki) : findCard(cryptoki, label);
    return { module: findModule(named.module), card: only, pinFile: undefined };
  }
  const { token } = requireConfig(place.config, await textOf(place.config), machineConfig);
  if (place.softToken !== null) process.env['SOFTHSM2_CONF'] = softhsmPlace(place.softToken).configFile;
  return {
    module: findModule(token.module === 'auto' ? process.env['DECANT_PKCS11_MODULE'] : token.module),
    card: (cryptoki) => findCard(cryptoki, label ?? token.label),
    pinFile: place.softToken === null ? credential() : join(place.softToken, 'pin'),
  };
}

/** SoftHSM shows a nameless token that was never initialised beside the others. */
function onlyCard(cryptoki: Cryptoki): TokenCard {
  const [card, ...others] = listCards(cryptoki).filter(({ label }) => label !== '');
  if (card === undefined) throw new Failure('token/missing', { module: cryptoki.path });
  if (others.length > 0) throw new Failure('usage/option-missing', { option: '--label' });
  return card;
}

/** The PIN as systemd hands it over, where it does. */
function credential(): string | undefined {
  const folder = process.env['CREDENTIALS_DIRECTORY'];
  return folder === undefined ? undefined : join(folder, 'hsm-pin');
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Failure('file/unreadable', { path: file, reason: (error as NodeJS.ErrnoException).code ?? '' }, error);
  }
}
