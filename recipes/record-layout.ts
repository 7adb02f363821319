/** Where a record stands, from the verified manifest. */
export interface RecordPlace {
  readonly index: number;
  readonly pieceCount: number;
  /** Ingredients in the manifest. */
  readonly slots: number;
}

/** What the check record (piece 0) repeats of the manifest. */
export interface CheckedRecipe {
  readonly pieceCount: number;
  readonly recipeId: Uint8Array;
  readonly version: number;
}

/**
 * How a class of machines lays out the plaintext of a piece: all that sealing, opening and pouring know of it. Whoever
 * executes records reads their fields in place, in the one buffer that holds them.
 */
export interface RecordLayout {
  /** Length of every record. */
  readonly bytes: number;
  /** The first flaw of a record in this place, or null. Says nothing about amounts but that they are not zero. */
  flaw(record: DataView, place: RecordPlace): string | null;
  writeCheck(record: DataView, recipe: CheckedRecipe): void;
  /** Whether the check record names this recipe, its version and its length. */
  namesRecipe(record: DataView, recipe: CheckedRecipe): boolean;
  /** Writes the end; every recipe closes with at least one, and is padded with more. */
  writeEnd(record: DataView): void;
  isEnd(record: DataView): boolean;
}
