import { layerOpener, type PieceOpener } from './open-layer.ts';
import type { SealedFile } from './sealed-file.ts';

/** A piece without its manufacturer layer, still under the licence layer; wiped when disposed. */
export interface OuterOpened extends Disposable {
  readonly bytes: Uint8Array;
}

/** Reads pieces and takes their outer layer off, one piece ahead of who asks where there are two buffers. */
export interface OuterLayers extends Disposable {
  /** @throws Failure `recipe/piece-not-authentic`, `recipe/malformed` when the file has become shorter */
  take(index: number): Promise<OuterOpened>;
  /**
   * Begins with a piece of which nothing is needed yet; does nothing without a second buffer or behind the last piece. Resolves
   * when the opener has been asked: what is asked of another opener then goes on beside it.
   */
  begin(index: number): Promise<void>;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

interface Place {
  readonly sealed: Uint8Array;
  readonly opened: Uint8Array;
  /** Settles when nothing writes to these bytes any more. */
  idle: Promise<unknown>;
}

interface Begun {
  /** Settles when the layer is off. */
  readonly ready: Promise<void>;
  /** Resolves when the opener has been asked, or nothing more will be. */
  readonly asked: Promise<unknown>;
}

/** The outer layers of a file's pieces in `buffers` (one, or two to work ahead). */
export function outerLayers<K>(
  file: SealedFile,
  opener: PieceOpener<K>,
  key: K,
  buffers: readonly Uint8Array[],
): OuterLayers {
  const { innerBytes, pieceBytes } = file.machineClass;
  const open = layerOpener(file, 'mfr', opener, key);
  const places: readonly Place[] = buffers.map((opened) => ({
    sealed: new Uint8Array(pieceBytes),
    opened,
    idle: Promise.resolve(),
  }));
  const free = [...places];
  let ahead: { readonly index: number; readonly place: Place; readonly ready: Promise<void> } | null = null;
  let isClosed = false;

  function begun(index: number, place: Place, isAhead: boolean): Begun {
    const asked = Promise.withResolvers<void>();
    const ready = place.idle.then(async () => {
      await file.readPiece(index, place.sealed);
      const opening = open(index, place.sealed, place.opened, isAhead);
      asked.resolve();
      await opening;
    });
    place.idle = ready.then(
      () => isClosed && place.opened.fill(0),
      () => place.opened.fill(0),
    );
    return { ready, asked: Promise.race([asked.promise, place.idle]) };
  }

  function giveBack(place: Place): void {
    place.opened.fill(0);
    free.push(place);
  }

  /** What was begun for another piece is of no use. */
  function forget(): void {
    if (ahead === null) return;
    const { place } = ahead;
    place.idle = place.idle.then(() => place.opened.fill(0));
    free.push(place);
    ahead = null;
  }

  return {
    async take(index) {
      if (ahead?.index !== index) forget();
      const place = ahead?.place ?? free.shift();
      if (place === undefined) throw new Error('invariant broken: one piece is taken at a time');
      const ready = ahead?.ready ?? begun(index, place, false).ready;
      ahead = null;
      try {
        await ready;
      } catch (error) {
        giveBack(place);
        throw error;
      }
      return { bytes: place.opened.subarray(0, innerBytes), [Symbol.dispose]: () => giveBack(place) };
    },
    async begin(index) {
      const place = index < file.manifest.piece_count && ahead === null ? free.shift() : undefined;
      if (place === undefined) return;
      const { ready, asked } = begun(index, place, true);
      ahead = { index, place, ready };
      await asked;
    },
    async idle() {
      await Promise.all(places.map(({ idle }) => idle));
    },
    [Symbol.dispose]() {
      isClosed = true;
      forget();
      for (const buffer of buffers) buffer.fill(0);
    },
  };
}
