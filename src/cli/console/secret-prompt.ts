import { Failure } from '#shared/failure.ts';
import { readInput } from './files.ts';

/**
 * A PIN or passphrase as bytes, never a string: from the first line of `file`, or typed at the terminal without being shown.
 * The caller wipes it. `option` names what to give where nobody can be asked.
 * @throws Failure `file/unreadable`, `usage/option-missing`
 */
export async function secretOf(file: string | undefined, option: string, question: string): Promise<Buffer> {
  if (file === undefined) return typedSecret(option, question);
  const bytes = await readInput(file);
  const end = bytes.indexOf(0x0a);
  const secret = Buffer.from(bytes.subarray(0, end === -1 ? bytes.length : end));
  bytes.fill(0);
  return secret;
}

const longest = 255;
const [interrupt, endOfInput, lineFeed, enter, backspace, erase] = [0x03, 0x04, 0x0a, 0x0d, 0x08, 0x7f];

function typedSecret(option: string, question: string): Promise<Buffer> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) throw new Failure('usage/option-missing', { option });
  // before anybody is asked: who types fast must not see it either
  stdin.setRawMode(true);
  stdin.resume();
  stderr.write(question);
  const typed = Buffer.alloc(longest);
  let length = 0;
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      stdin.off('data', listen);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write('\n');
      settle();
      typed.fill(0);
    };
    const listen = (chunk: Buffer): void => {
      for (const byte of chunk) {
        if (byte === enter || byte === lineFeed) {
          const secret = Buffer.from(typed.subarray(0, length));
          end(() => resolve(secret));
          break;
        }
        if (byte === interrupt || byte === endOfInput) {
          end(() => reject(new Failure('usage/option-missing', { option })));
          break;
        }
        if (byte === backspace || byte === erase) length = Math.max(0, length - 1);
        else if (length < longest) {
          typed[length] = byte;
          length += 1;
        }
      }
      chunk.fill(0);
    };
    stdin.on('data', listen);
  });
}
