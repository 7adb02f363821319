import { Failure } from '#shared/failure.ts';
import type { JobEnd, LastJob } from '../dispenser.ts';
import { jobEnd, noPin, refused } from './messages.ts';

/** What a refusal of the far end means (PROTOCOL.md, "Errors"); `detail` is a pump, an input or 0. */
export function failureOf(payload: DataView): Failure {
  const error = payload.getUint8(0);
  const detail = payload.getUint8(1);
  switch (error) {
    case refused.noSession:
      return new Failure('dispenser/reset');
    case refused.busy:
      return new Failure('dispenser/over-limit', { reason: 'a job is running' });
    case refused.notEnabled:
      return new Failure('dispenser/failed', { reason: 'not configured' });
    case refused.unknownPump:
      return new Failure('dispenser/unknown-pump', { pump: detail });
    case refused.unknownPin:
      return new Failure('dispenser/pin-refused', { pin: detail });
    case refused.overLimit:
      return new Failure('dispenser/over-limit', { pump: detail });
    case refused.overflow:
      return new Failure('dispenser/over-limit', { reason: 'too many steps' });
    case refused.late:
      return new Failure('dispenser/late');
    case refused.leaseExpired:
      return new Failure('dispenser/lease-expired');
    case refused.outputStuck:
      return new Failure('dispenser/output-stuck', detail === noPin ? { output: 'supply' } : { pump: detail });
    case refused.protocol:
      return new Failure('dispenser/firmware-too-old');
    case refused.interlock:
      return new Failure('machine/interlock-open');
    default:
      return new Failure('dispenser/failed', { reason: `the board refused with ${error}` });
  }
}

/** The end of a job as the far end numbers it. */
export function endOf(end: number): LastJob['end'] {
  switch (end) {
    case jobEnd.running:
      return { t: 'running' };
    case jobEnd.done:
      return { t: 'done' };
    case jobEnd.stopped:
    case jobEnd.interlock:
      return { t: 'stopped' };
    case jobEnd.leaseExpired:
      return fault('dispenser/lease-expired');
    case jobEnd.outputStuck:
      return fault('dispenser/output-stuck');
    case jobEnd.reset:
      return fault('dispenser/reset');
    case jobEnd.supplyLost:
      return fault('dispenser/supply-lost');
    case jobEnd.noCurrent:
      return fault('dispenser/no-flow');
    default:
      return fault('dispenser/failed');
  }
}

function fault(code: Extract<JobEnd, { t: 'fault' }>['code']): JobEnd {
  return { t: 'fault', code };
}
