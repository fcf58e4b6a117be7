/** A table as it was sent: of each cell, where its JSON stands in the text. No number is rounded, no value is built. */

/** Rows times columns. Beyond it a table is offered for download only. */
export const CELLS_MAX = 10_000_000;

/** Bytes of a table's JSON. A larger one is offered for download only. */
export const TABLE_BYTES_MAX = 50_000_000;

export class TooManyCells extends Error {
  override name = 'TooManyCells';

  constructor(readonly cells: number) {
    super(`the table has more than ${CELLS_MAX.toLocaleString('en')} cells`);
  }
}

/** Cell n is `text.slice(starts[n], ends[n])`; where `ends` is 0, the row lacks it. */
export interface Column {
  /** As the API knows it: of a list of lists "0", "1", ... */
  name: string;
  starts: Uint32Array;
  ends: Uint32Array;
}

export type Shape = 'list of objects' | 'list of lists' | 'object of lists';

export class Table {
  readonly columns: Column[] = [];
  /** How many rows there are. */
  height = 0;
  /** How often a name was given twice in one object: the last one counts, as everywhere in JSON. */
  repeated = 0;
  private readonly places = new Map<string, number>();
  private capacity = 1024;

  constructor(
    readonly text: string,
    readonly shape: Shape,
  ) {}

  /** The place of the column of this name, which is added if there is none. Throws TooManyCells. */
  place(name: string): number {
    const known = this.places.get(name);
    if (known !== undefined) return known;
    this.check(this.columns.length + 1, this.height);
    const place = this.columns.length;
    this.places.set(name, place);
    this.columns.push({ name, starts: new Uint32Array(this.capacity), ends: new Uint32Array(this.capacity) });
    return place;
  }

  find(name: string): number {
    return this.places.get(name) ?? -1;
  }

  /** Make room for rows up to this one. Throws TooManyCells. */
  reach(row: number): void {
    if (row < this.height) return;
    this.height = row + 1;
    this.check(this.columns.length, this.height);
    if (row < this.capacity) return;
    this.capacity *= 2;
    for (const column of this.columns) {
      column.starts = grown(column.starts, this.capacity);
      column.ends = grown(column.ends, this.capacity);
    }
  }

  /** Say where a cell stands, of a row that has been reached. */
  put(row: number, place: number, start: number, end: number): void {
    const column = this.columns[place] as Column;
    if (column.ends[row] !== 0) this.repeated++;
    column.starts[row] = start;
    column.ends[row] = end;
  }

  /** Take all cells of a column away, since it is given anew. */
  clear(place: number): void {
    this.columns[place]?.ends.fill(0);
    this.repeated++;
  }

  /** The cell's JSON as it was sent; '': the row lacks it. */
  literal(row: number, place: number): string {
    const column = this.columns[place] as Column;
    return this.text.slice(column.starts[row], column.ends[row]);
  }

  private check(columns: number, rows: number): void {
    if (columns * rows > CELLS_MAX) throw new TooManyCells(columns * rows);
  }
}

function grown(array: Uint32Array, capacity: number): Uint32Array {
  const larger = new Uint32Array(capacity);
  larger.set(array);
  return larger;
}
