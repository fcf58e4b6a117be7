/** What is seen of a table, in a line. */

import { count, counted } from '../parts/numbers';
import type { Arranged, SortedBy } from './protocol';

/** `100,000 rows · sorted by score ↓ · 50 ms`. */
export function lineOf(
  { headings, found, height }: Pick<Arranged, 'headings' | 'found' | 'height'>,
  sort: readonly SortedBy[],
  search: string,
  tookMs: number,
): string {
  const rows = search ? `${count(found)} of ${counted(height, 'row')}` : counted(height, 'row');
  const by = sort.flatMap(({ column, descending }) => {
    const heading = headings.find(({ name }) => name === column);
    return heading ? [`${heading.title}${descending ? ' ↓' : ''}`] : [];
  });
  return [rows, ...(by.length ? [`sorted by ${by.join(', ')}`] : []), `${Math.round(tookMs)} ms`].join(' · ');
}
