import type { Pkcs11Token } from '#hsm/pkcs11-token.ts';
import type { Clock } from '#shared/clock.ts';
import type { Disk } from '#shared/disk.ts';
import type { Entropy } from '#shared/entropy.ts';

/** What a maker's tools stand on: a token of its own, and a folder for certificates and records. */
export interface MakerPorts {
  readonly token: Pkcs11Token;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly entropy: Entropy;
}
