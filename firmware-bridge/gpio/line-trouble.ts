import { Failure } from '#shared/failure.ts';

/** What the kernel's answer to a claim or a write means. `by` is who has the line, where that is known. */
export function lineTrouble(errno: string, offset: number, chip: string, by = ''): Failure {
  const line = `gpio.${offset}`;
  if (errno === 'EBUSY') return new Failure('dispenser/line-taken', { line, chip, ...(by === '' ? {} : { by }) });
  return new Failure('dispenser/failed', { line, chip, reason: reasons[errno] ?? errno });
}

const reasons: Readonly<Record<string, string>> = {
  EINVAL: 'the chip has no such line, or cannot do this with it',
  EACCES: 'no permission',
  EPERM: 'no permission',
};
