import { softTokens } from '#tests/support/soft-token.ts';
import { tokenContract } from '#tests/support/token-contract.ts';
import { loadCryptoki } from './cryptoki.ts';
import type { ModuleQuirks } from './module-quirks.ts';

// SoftHSM, taken for a token that can neither unwrap nor open AES-GCM
const traits = { bearsWrongWrapping: true, bearsMisuse: true, keepsUsesOfUnwrapped: true } as const;
tokenContract('SoftHSM as profile S', { tokenClass: 'soft', profile: 'S', ...traits }, async () => {
  const tokens = await softTokens();
  const cryptoki: { quirks: ModuleQuirks } = loadCryptoki(tokens.module);
  cryptoki.quirks = { ...cryptoki.quirks, profile: 'S' };
  let token = await tokens.make('mixer');
  return {
    get token() {
      return token;
    },
    async reopen() {
      token[Symbol.dispose]();
      token = await tokens.reopen('mixer');
    },
    async [Symbol.asyncDispose]() {
      token[Symbol.dispose]();
      await tokens[Symbol.asyncDispose]();
    },
  };
});
