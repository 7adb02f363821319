import { openEscrow } from '#hsm/escrow.ts';
import { initToken } from '#hsm/init-token.ts';
import { openToken } from '#hsm/open-token.ts';
import type { Pkcs11Token } from '#hsm/pkcs11-token.ts';
import { isFailure } from '#shared/failure.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemDisk } from '#shared/node/system-disk.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { MarketplaceIdentity, type TlsKey } from './identity.ts';

export interface MarketplaceToProvision {
  /** Folder of the marketplace's state. */
  readonly state: string;
  /** SOFTHSM2_CONF must be set before for a private SoftHSM; the caller wipes the PINs. */
  readonly token: {
    readonly module: string;
    readonly label: string;
    readonly pin: Uint8Array;
    readonly soPin: Uint8Array;
    readonly tokensFolder?: string;
  };
}

/** What others need to know of a marketplace before it runs. */
export interface ProvisionedMarketplace {
  /** The CA's certificate: what machines pin for the roles catalogue and licensing, and for TLS. */
  readonly ca: Uint8Array;
  readonly caPem: string;
  /** Certificate of the key to which authors wrap content keys, DER. */
  readonly depositCertificate: Uint8Array;
  /** A fresh key and certificate for the broker on this host. */
  readonly broker: TlsKey;
}

/**
 * Makes the marketplace's token, keys and certificates where they are missing; again with the same result, apart from
 * the broker's key, which is new each time.
 * @throws Failure `token/wrong-pin`, `token/failed`, `disk/failed`
 */
export async function provisionMarketplace({ state, token }: MarketplaceToProvision): Promise<ProvisionedMarketplace> {
  using opened = await openOrInit(token);
  const ports = { token: opened, disk: systemDisk(state), clock: systemClock, entropy: systemEntropy };
  const identity = await MarketplaceIdentity.open(ports);
  for (const role of ['catalogue', 'licensing'] as const) await identity.signer(role);
  const escrow = await openEscrow(opened);
  return {
    ca: identity.ca,
    caPem: identity.caPem,
    depositCertificate: await identity.roleCertificate('deposit', escrow.depositPublicKey()),
    broker: await identity.tlsServer('Decant broker', { dns: ['localhost'], ip: ['127.0.0.1'] }),
  };
}

async function openOrInit(token: MarketplaceToProvision['token']): Promise<Pkcs11Token> {
  const { module, label, pin, soPin, tokensFolder } = token;
  const place = tokensFolder === undefined ? {} : { tokensFolder };
  const open = (): Promise<Pkcs11Token> => openToken({ module, label, pin, entropy: systemEntropy, ...place });
  try {
    return await open();
  } catch (error) {
    if (!isFailure(error, 'token/missing')) throw error;
    await initToken({ module, label, pin, soPin });
    return open();
  }
}
