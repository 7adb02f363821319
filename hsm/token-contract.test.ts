import { softTokens } from '#tests/support/soft-token.ts';
import { type TokenBench, tokenContract } from '#tests/support/token-contract.ts';

tokenContract(
  'SoftHSM',
  { tokenClass: 'soft', profile: 'H', bearsWrongWrapping: true, bearsMisuse: true, keepsUsesOfUnwrapped: true },
  async () => {
    const tokens = await softTokens();
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
    } satisfies TokenBench;
  },
);
