/** What the page asks of the worker that holds a table, and what it answers. */

import type { Heading } from './columns';
import type { Excerpt } from './excerpt';
import type { Place } from './scanner';
import type { Shape } from './table';

/** A column is named as the API knows it. */
export interface SortedBy {
  column: string;
  descending: boolean;
}

/** Which rows, in which order. */
export interface Arrangement {
  sort: SortedBy[];
  search: string;
  /** Whether row 0 holds the titles; null: as it looks. */
  header: boolean | null;
}

/** Rows that stand one after the other in the arrangement. */
export interface Window {
  /** The place of the first one. */
  from: number;
  /** Their places in the data, from 0. */
  rows: Uint32Array;
  /** One row behind the other, each with all columns. Long ones are cut. */
  texts: string[];
  /** `Kind` of each of these. */
  kinds: Uint8Array;
}

export interface Opened {
  shape: Shape;
  height: number;
  /** Names that were given twice in one object. */
  repeated: number;
}

export interface Arranged {
  headings: Heading[];
  hasHeader: boolean;
  /** Rows of the data, without one of titles. */
  height: number;
  /** Rows in which the search was found. */
  found: number;
  /** How many rows a window has. */
  windowRows: number;
  first: Window;
}

/** Name of a call → what it takes and what it answers. */
export interface Calls {
  open: { asked: { url: string; headers: Record<string, string> }; answer: Opened };
  arrange: { asked: Arrangement; answer: Arranged };
  window: { asked: { from: number }; answer: Window };
  /** The JSON of one cell as it was sent; '': the row lacks it. */
  cell: { asked: { row: number; column: string }; answer: string };
  /** Where a row of the data stands in the arrangement; -1: it was not found. */
  place: { asked: { row: number }; answer: number };
  /** The column that tells the rows apart, with its text in this row; null: none does. */
  rowKey: { asked: { row: number }; answer: { column: string; text: string } | null };
  /** Make the next search fast. */
  prepare: { asked: null; answer: null };
}

export type Call = keyof Calls;

export type Fault =
  | { fault: 'unparsable'; message: string; place: Place; excerpt: Excerpt }
  | { fault: 'too large'; bytes: number }
  | { fault: 'too many cells'; cells: number }
  | { fault: 'offline' }
  | { fault: 'refused'; status: number; answer: unknown }
  | { fault: 'failed'; message: string };

export type Question = { [C in Call]: { id: number; call: C; asked: Calls[C]['asked'] } }[Call];

export type Answer = { id: number; answer: unknown } | { id: number; fault: Fault };
