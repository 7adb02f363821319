import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { gcodeClass } from '#tests/support/gcode/gcode-class.ts';
import { longGcode } from '#tests/support/gcode/long-gcode.ts';
import { openLongGcode, temporaryFolder } from '#tests/support/gcode/open-long-gcode.ts';
import { softTokens } from '#tests/support/soft-token.ts';
import { quantile, report, timed } from './report.ts';

/** A long sealed program from disk, two layers in SoftHSM, beside one layer by node:crypto in memory, in the same run. */
const mebibyte = 1024 * 1024;
const records = [4 * 1024, 65_532];

await using folder = await temporaryFolder();
await using tokens = await softTokens();
using token = await tokens.make('long');
for (const recordBytes of records) {
  const machineClass = gcodeClass(recordBytes);
  const count = Math.ceil((32 * mebibyte) / machineClass.pieceBytes);
  const program = await longGcode(join(folder.path, `${recordBytes}.tdr`), machineClass, count);
  await using open = await openLongGcode(token, program, machineClass);
  const rounds = 5;
  const streamed = await timed(rounds, async () => {
    for (let i = 0; i < count; i += 1) (await open.recipe.openPiece(i))[Symbol.dispose]();
  });
  const jumped = await timed(1, async () => {
    for (let i = 0; i < count; i += 1) (await open.recipe.openPiece((i * 7919) % count))[Symbol.dispose]();
  });
  const hashed = await timed(rounds, () => open.file.verifyBody());
  const peer = await timed(rounds, onePass(recordBytes, count));
  const rate = (ms: readonly number[]): number => (count * recordBytes) / mebibyte / (quantile([...ms], 0.5) / 1000);
  report(`streaming records of ${recordBytes} bytes`, [
    { what: 'both layers in SoftHSM, from disk, in order, p50', value: rate(streamed), unit: 'MiB/s', runs: rounds },
    { what: 'pieces, in order, p50', value: count / (quantile([...streamed], 0.5) / 1000), unit: '1/s', runs: rounds },
    { what: 'the same in a wild order', value: rate(jumped), unit: 'MiB/s', runs: 1 },
    { what: 'one layer, node:crypto, in memory, p50', value: rate(peer), unit: 'MiB/s', runs: rounds },
    { what: 'ratio', value: rate(streamed) / rate(peer), unit: '×', runs: rounds },
    { what: 'the body’s hash, before burning', value: rate(hashed), unit: 'MiB/s', runs: rounds },
  ]);
}

/** AES-256-GCM over as many records, one after the other. */
function onePass(recordBytes: number, count: number): () => void {
  const key = randomBytes(32);
  const nonce = randomBytes(12);
  const aad = randomBytes(40);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(aad);
  const sealed = Buffer.concat([cipher.update(randomBytes(recordBytes)), cipher.final()]);
  const tag = cipher.getAuthTag();
  return () => {
    for (let i = 0; i < count; i += 1) {
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
      decipher.setAAD(aad);
      decipher.setAuthTag(tag);
      decipher.update(sealed);
      decipher.final();
    }
  };
}
