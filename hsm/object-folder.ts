/** The files in which a software token keeps its objects, for the proof that a destroyed key is gone. */
export interface ObjectFolder {
  /** Names of the files that hold one object each. */
  list(): Promise<ReadonlySet<string>>;
  /** Returns when the named files and the folder's entries are on the medium (fsync). */
  sync(names: Iterable<string>): Promise<void>;
}
