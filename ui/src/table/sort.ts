/** Rows in order of several columns. Rows that are the same in all of them stay as they stood. */

import type { Ranks } from './rank';

export interface By {
  ranks: Ranks;
  descending: boolean;
}

/** The rows, sorted by the first column, where it is the same by the second, and so on. Empty cells come last both ways. */
export function sorted(rows: Uint32Array, by: readonly By[]): Uint32Array {
  return by.reduceRight((order, { ranks, descending }) => counted(order, ranks, descending), rows);
}

/** Counting sort: stable, and linear in rows and ranks. */
function counted(rows: Uint32Array, { ranks, count }: Ranks, descending: boolean): Uint32Array {
  const starts = new Uint32Array(count + 2);
  const place = (row: number): number => {
    const rank = ranks[row] as number;
    return descending && rank < count ? count - 1 - rank : rank;
  };
  const places = rows.map(place);
  for (const at of places) starts[at + 1] = (starts[at + 1] as number) + 1;
  for (let rank = 1; rank < starts.length; rank++)
    starts[rank] = (starts[rank] as number) + (starts[rank - 1] as number);
  const order = new Uint32Array(rows.length);
  places.forEach((at, n) => {
    const target = starts[at] as number;
    starts[at] = target + 1;
    order[target] = rows[n] as number;
  });
  return order;
}
