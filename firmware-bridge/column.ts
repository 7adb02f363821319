type Column = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array;

/** The number at `row`; @throws RangeError beyond the column (a bug: a silent 0 would be a dose). */
export function valueAt(column: Column, row: number): number {
  const value = column[row];
  if (value === undefined) throw new RangeError(`no row ${row} in a column of ${column.length}`);
  return value;
}
