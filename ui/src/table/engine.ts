/** A table that is open: in which arrangement it is seen, and what is asked of it. */

import { isEmpty, kindOf, textOf } from './cells';
import { type Heading, headingsOf, startsWithTitles } from './columns';
import type { Arranged, Arrangement, Window } from './protocol';
import { type Ranks, rankOf } from './rank';
import { Search } from './search';
import { sorted } from './sort';
import type { Table } from './table';

/** Rows in one window, of a table with few columns; with many, so many that it has about `WINDOW_CELLS`. */
export const WINDOW_ROWS = 128;
const WINDOW_CELLS = 8192;
const WINDOW_ROWS_MIN = 16;
/** Characters of a cell in a window. The whole cell is asked for by itself. */
export const CELL_SHOWN_MAX = 200;

export class Engine {
  readonly windowRows: number;
  private rows: Uint32Array = new Uint32Array();
  private readonly ranks = new Map<number, Ranks>();
  private readonly headings = new Map<boolean, Heading[]>();
  private search: Search | undefined;
  private readonly looksTitled: boolean;

  constructor(private readonly table: Table) {
    const fitting = Math.floor(WINDOW_CELLS / Math.max(table.columns.length, 1));
    this.windowRows = Math.min(Math.max(fitting, WINDOW_ROWS_MIN), WINDOW_ROWS);
    this.looksTitled = startsWithTitles(table);
  }

  /** Columns that the table does not have sort nothing. */
  arrange({ sort, search, header }: Arrangement): Arranged {
    const hasHeader =
      this.table.shape === 'list of lists' && this.table.height > 0 && (header ?? this.looksTitled);
    const first = hasHeader ? 1 : 0;
    const rows = this.found(search).filter((row) => row >= first);
    const by = sort
      .map(({ column, descending }) => ({ place: this.table.find(column), descending }))
      .filter(({ place }) => place !== -1)
      .map(({ place, descending }) => ({ ranks: this.ranksOf(place), descending }));
    this.rows = sorted(rows, by);
    return {
      headings: this.headingsOf(hasHeader),
      hasHeader,
      height: this.table.height - first,
      found: rows.length,
      windowRows: this.windowRows,
      first: this.window(0),
    };
  }

  window(from: number): Window {
    const rows = this.rows.slice(from, from + this.windowRows);
    const width = this.table.columns.length;
    const kinds = new Uint8Array(rows.length * width);
    const texts: string[] = [];
    for (const row of rows) {
      for (let place = 0; place < width; place++) {
        const literal = this.table.literal(row, place);
        kinds[texts.length] = kindOf(literal);
        texts.push(shown(textOf(literal)));
      }
    }
    return { from, rows, texts, kinds };
  }

  cell(row: number, column: string): string {
    const place = this.table.find(column);
    return place === -1 || row >= this.table.height ? '' : this.table.literal(row, place);
  }

  place(row: number): number {
    return this.rows.indexOf(row);
  }

  /** Of the columns whose every cell differs, one whose name ends in `id` or `key`, else the first. */
  rowKey(row: number): { column: string; text: string } | null {
    const byName = [...this.table.columns.keys()].sort(
      (one, other) => this.keyness(other) - this.keyness(one),
    );
    const place = byName.find((each) => this.looksUnique(each) && this.isUnique(each));
    if (place === undefined) return null;
    return { column: this.table.columns[place]?.name ?? '', text: textOf(this.table.literal(row, place)) };
  }

  prepare(): void {
    this.search ??= new Search(this.table);
  }

  private found(sought: string): Uint32Array {
    if (sought === '') return Uint32Array.from({ length: this.table.height }, (_, row) => row);
    this.search ??= new Search(this.table);
    return this.search.rows(sought);
  }

  private headingsOf(hasHeader: boolean): Heading[] {
    const headings = this.headings.get(hasHeader) ?? headingsOf(this.table, hasHeader);
    this.headings.set(hasHeader, headings);
    return headings;
  }

  private ranksOf(place: number): Ranks {
    const ranks = this.ranks.get(place) ?? rankOf(this.table, place);
    this.ranks.set(place, ranks);
    return ranks;
  }

  private keyness(place: number): number {
    return /(id|key)$/i.test(this.table.columns[place]?.name ?? '') ? 1 : 0;
  }

  /** Only whole numbers and texts are keys; a look at the first rows spares most columns the ranking. */
  private looksUnique(place: number): boolean {
    const literals = Array.from({ length: Math.min(100, this.table.height) }, (_, row) =>
      this.table.literal(row, place),
    );
    return (
      new Set(literals).size === literals.length &&
      literals.every((each) => /^("|-?\d+$)/.test(each) && !isEmpty(each))
    );
  }

  private isUnique(place: number): boolean {
    const { ranks, count } = this.ranksOf(place);
    return count === ranks.length;
  }
}

function shown(text: string): string {
  return text.length > CELL_SHOWN_MAX ? `${text.slice(0, CELL_SHOWN_MAX)}…` : text;
}
