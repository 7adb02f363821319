import { isFailure } from '#shared/failure.ts';

/** The code with which `work` was refused, or `accepted`; anything but a failure is thrown on. */
export async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'accepted';
  } catch (error) {
    if (isFailure(error)) return error.code;
    throw error;
  }
}
