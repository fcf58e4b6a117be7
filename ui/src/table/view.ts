/** How somebody looks at a table, as the address of the page has it. */

import type { SortedBy } from './protocol';

export interface View {
  sort: SortedBy[];
  search: string;
  /** Columns that are not shown. */
  hidden: string[];
  /** In px, of columns that were made wider or narrower. */
  widths: Map<string, number>;
  /** Whether row 0 of a list of lists holds titles; null: as it looks. */
  header: boolean | null;
  /** The cell whose card is open. */
  cell: { row: number; column: string } | null;
}

/** What the address has for each, by name. Names of columns stand last, since they may hold anything. */
export type Written = Record<'sort' | 'find' | 'hide' | 'width' | 'header' | 'cell', string[]>;

export const NAMES = ['sort', 'find', 'hide', 'width', 'header', 'cell'] as const;

/** `all` gives the values that the address has under a name. */
export function readView(all: (name: string) => string[]): View {
  return {
    sort: all('sort').map((each) => ({
      column: each.replace(/^[-+]/, ''),
      descending: each.startsWith('-'),
    })),
    search: all('find')[0] ?? '',
    hidden: all('hide'),
    widths: new Map(
      all('width').flatMap((each) => parts(each).map(([width, name]) => [name, width] as const)),
    ),
    header: { yes: true, no: false }[all('header')[0] ?? ''] ?? null,
    cell: all('cell').flatMap((each) => parts(each).map(([row, column]) => ({ row, column })))[0] ?? null,
  };
}

export function writtenView({ sort, search, hidden, widths, header, cell }: View): Written {
  return {
    sort: sort.map(({ column, descending }) => (descending ? '-' : /^[-+]/.test(column) ? '+' : '') + column),
    find: search ? [search] : [],
    hide: hidden,
    width: [...widths].map(([name, width]) => `${width}:${name}`),
    header: header === null ? [] : [header ? 'yes' : 'no'],
    cell: cell ? [`${cell.row}:${cell.column}`] : [],
  };
}

/** The number before the first colon, and what is behind it; none, if it is not so written. */
function parts(text: string): [number, string][] {
  const found = /^(\d{1,9}):(.*)$/s.exec(text);
  return found ? [[Number(found[1]), found[2] ?? '']] : [];
}

/** What a click on a column's title does: up, down, not at all. `adds`: beside the columns that sort already. */
export function sortedNext(sort: readonly SortedBy[], column: string, adds: boolean): SortedBy[] {
  const known = sort.find((each) => each.column === column);
  const next = !known
    ? [{ column, descending: false }]
    : known.descending
      ? []
      : [{ column, descending: true }];
  if (!adds) return next;
  return known ? sort.flatMap((each) => (each === known ? next : [each])) : [...sort, ...next];
}
