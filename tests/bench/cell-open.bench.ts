import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { softTokens } from '#tests/support/soft-token.ts';
import { quantile, report, timed } from './report.ts';
import { sealing } from './sealed-recipe.ts';

/** Opening pieces: two layers inside the token, beside one layer by node:crypto on the same bytes in the same run. */
const rounds = 300;

await using tokens = await softTokens();
using token = await tokens.make('bench');
await using drink = await sealing(token);
const { recipe, pieces, pieceBytes } = drink;

const opened = await timed(rounds, async () => {
  for (let i = 0; i < pieces; i += 1) (await recipe.openPiece(i))[Symbol.dispose]();
});

const key = randomBytes(32);
const nonce = randomBytes(12);
const cipher = createCipheriv('aes-256-gcm', key, nonce);
const sealed = Buffer.concat([cipher.update(Buffer.alloc(64)), cipher.final()]);
const tag = cipher.getAuthTag();
const peer = await timed(rounds, () => {
  for (let i = 0; i < pieces; i += 1) {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
    decipher.setAuthTag(tag);
    decipher.update(sealed);
    decipher.final();
  }
});

const perPiece = (samples: number[], q: number): number => (quantile(samples, q) / pieces) * 1000;
report('opening a sealed recipe', [
  {
    what: 'piece, both layers in SoftHSM, validated, wiped, p50',
    value: perPiece(opened, 0.5),
    unit: 'µs',
    runs: rounds * pieces,
  },
  { what: 'piece, both layers in SoftHSM, p99', value: perPiece(opened, 0.99), unit: 'µs', runs: rounds * pieces },
  { what: '64 bytes, one layer, node:crypto, p50', value: perPiece(peer, 0.5), unit: 'µs', runs: rounds * pieces },
  {
    what: 'ratio, token with two layers to node:crypto with one',
    value: perPiece(opened, 0.5) / perPiece(peer, 0.5),
    unit: '×',
    runs: rounds,
  },
  { what: 'encoded piece', value: pieceBytes, unit: 'bytes', runs: 1 },
]);
