import type { Disk } from '#shared/disk.ts';
import { Failure } from '#shared/failure.ts';
import { Turn } from '#shared/turn.ts';
import type { IndexStore } from './address-book.ts';

/** The next address index as a decimal number in the file `path`, on the medium before an index is answered. */
export function diskIndexStore(disk: Disk, path: string): IndexStore {
  const turn = new Turn();
  const reserve = async (): Promise<number> => {
    const bytes = await disk.read(path);
    const next = bytes === null ? 0 : parse(new TextDecoder().decode(bytes), path);
    await disk.replace(path, new TextEncoder().encode(`${next + 1}\n`));
    return next;
  };
  return { reserveNext: () => turn.take(reserve) };
}

function parse(text: string, path: string): number {
  const digits = /^(\d{1,10})\n$/.exec(text)?.[1];
  const index = Number(digits);
  // starting again at 0 would hand out old addresses
  if (digits === undefined || index >= 0x7fffffff)
    throw new Failure('disk/failed', { path, reason: 'unreadable index' });
  return index;
}
