/** Which rows and columns are on the page, and where. */

import type { Column } from './layout';
import type { Scale } from './scale';

/** As in the style sheet. */
export const ROW_PX = 30;
export const HEADER_PX = 34;

/**
 * So many rows come and go together. A list that loses two items above and gains two below is put together anew by
 * Preact, item by item; one of groups loses and gains one, and only that is moved.
 */
export const ROWS_TOGETHER = 4;

/** Places, both ends included, of whole groups but for the end of the table. Nothing: `last` is before `first`. */
export interface Range {
  first: number;
  last: number;
  left: number;
  right: number;
  /** Where row 0 would stand, in px: below 0 where the way of the scrollbar is shorter than that of the rows. */
  origin: number;
}

export interface Extent {
  rows: number;
  columns: readonly Column[];
  scale: Scale;
  /** What is seen at a time, in px; of the width without the row numbers. */
  width: number;
  height: number;
}

/** Rows and columns beyond what is seen. */
const ROWS_BEYOND = 6;
const COLUMNS_BEYOND = 3;

/** What is on the page of a grid that was scrolled so far, in px. */
export function rangeOf(top: number, left: number, { rows, columns, scale, width, height }: Extent): Range {
  const content = scale.toContent(top);
  const first = Math.floor(content / ROW_PX);
  const last = Math.floor((content + height - HEADER_PX) / ROW_PX);
  const before = columns.findLastIndex((column) => column.left <= left);
  const behind = columns.findLastIndex((column) => column.left < left + width);
  const from = Math.max(0, Math.min(first, rows - 1) - ROWS_BEYOND);
  const to = last + ROWS_BEYOND;
  return {
    first: from - (from % ROWS_TOGETHER),
    last: Math.min(rows - 1, to - (to % ROWS_TOGETHER) + ROWS_TOGETHER - 1),
    left: Math.max(0, before - COLUMNS_BEYOND),
    right: Math.min(columns.length - 1, behind + COLUMNS_BEYOND),
    origin: Math.round(top - content),
  };
}

/** The least move of a view of `room` px, from where it begins, after which something is seen whole. */
export function nearest(view: number, from: number, to: number, room: number): number {
  if (from < view) return from;
  return to > view + room ? Math.min(from, to - room) : view;
}
