import { isFailure } from '#shared/failure.ts';

/** What to do whenever an input may have changed: tells `listener`, unless it is as it was told before. */
export function tellChanges(isActive: () => boolean, listener: (active: boolean) => void): () => void {
  let told = isActive();
  return () => {
    try {
      const now = isActive();
      if (now === told) return;
      told = now;
    } catch (error) {
      if (!isFailure(error)) throw error;
      // who listens reads too, and is the one to do something about it
    }
    listener(told);
  };
}
