/** The rows in one of whose cells a text occurs, in capitals or not. */

import { isEmpty, textOf } from './cells';
import type { Table } from './table';

/** Stands between cells, so that nothing is found across two of them. */
const BETWEEN = '\0';

export class Search {
  private readonly haystack: string;
  /** Where each row begins in the haystack; one more for its end. */
  private readonly starts: Uint32Array;
  private last: { needle: string; rows: Uint32Array } | undefined;

  constructor(table: Table) {
    const rows: string[] = [];
    this.starts = new Uint32Array(table.height + 1);
    for (let row = 0; row < table.height; row++) {
      let text = '';
      for (let column = 0; column < table.columns.length; column++) {
        const literal = table.literal(row, column);
        if (!isEmpty(literal)) text += BETWEEN + textOf(literal);
      }
      text = text.toLowerCase();
      rows.push(text);
      this.starts[row + 1] = (this.starts[row] as number) + text.length;
    }
    this.haystack = rows.join('');
  }

  /** The rows in which it occurs, in the order of the data. */
  rows(sought: string): Uint32Array {
    const needle = sought.toLowerCase().replaceAll(BETWEEN, '');
    const { last } = this;
    const rows =
      last && last.needle !== '' && needle.includes(last.needle)
        ? this.among(last.rows, needle)
        : this.all(needle);
    this.last = { needle, rows };
    return rows;
  }

  /** Who types on looks only at what was found so far. */
  private among(rows: Uint32Array, needle: string): Uint32Array {
    return rows.filter((row) => this.haystack.slice(this.starts[row], this.starts[row + 1]).includes(needle));
  }

  private all(needle: string): Uint32Array {
    const found = new Uint32Array(this.starts.length - 1);
    if (needle === '') return found.map((_, row) => row);
    let [count, row] = [0, 0];
    let at = this.haystack.indexOf(needle);
    while (at !== -1 && row < found.length) {
      while ((this.starts[row + 1] as number) <= at) row++;
      found[count++] = row++;
      at = this.haystack.indexOf(needle, this.starts[row]);
    }
    return found.slice(0, count);
  }
}
