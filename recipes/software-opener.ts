import { openGcm } from './aes-gcm.ts';
import type { PieceOpener } from './open-layer.ts';

/** Opens pieces under keys that lie in this process's memory: for an author's own check and for tests, not for machines. */
export const softwareOpener: PieceOpener<Uint8Array> = {
  async open(key, nonce, aad, ciphertextAndTag, out) {
    return openGcm(key, nonce, aad, ciphertextAndTag, out);
  },
};
