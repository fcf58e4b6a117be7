/** Where the columns of a table stand beside each other. */

import type { Heading } from './columns';

export interface Column {
  heading: Heading;
  /** Its place among all columns, hidden ones too: that of its cells in a row. */
  place: number;
  /** In px, from the left edge of the first column. */
  left: number;
  width: number;
}

/** How much wider than its content a column becomes where there is room. */
const STRETCH_MAX = 2.5;

/**
 * The columns that are shown. What they leave free of `available` px goes to those that are no numbers, which are
 * easier to compare close together, and whose width nobody has chosen.
 */
export function layOut(
  headings: readonly Heading[],
  hidden: readonly string[],
  widths: ReadonlyMap<string, number>,
  available: number,
): Column[] {
  const shown = headings
    .map((heading, place) => ({ heading, place, left: 0, width: widths.get(heading.name) ?? heading.width }))
    .filter(({ heading }) => !hidden.includes(heading.name));
  const elastic = shown.filter(({ heading }) => heading.type !== 'number' && !widths.has(heading.name));
  const spare = available - total(shown);
  const factor = Math.min(1 + Math.max(0, spare) / Math.max(1, total(elastic)), STRETCH_MAX);
  for (const column of elastic) column.width = Math.floor(column.width * factor);
  let left = 0;
  for (const column of shown) {
    column.left = left;
    left += column.width;
  }
  return shown;
}

function total(columns: readonly Column[]): number {
  return columns.reduce((sum, { width }) => sum + width, 0);
}
