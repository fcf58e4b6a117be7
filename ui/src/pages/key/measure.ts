import type { Series } from '../../api/schema';

/** How the address of a page asks for a measure; null: it leaves the choice. */
export interface Asked {
  measure: string | null;
  row_key: string | null;
  row: string | null;
  column: string | null;
  text: string | null;
}

export const ASKED = ['measure', 'row_key', 'row', 'column', 'text'] as const;

/** Measures that need words of their own to be found again. */
const SOUGHT = ['cell', 'number'];

/** The measure in words. */
export function nameOf(measure: string, { row_key: rowKey, row, column, text }: Asked): string {
  if (measure === 'cell') return `${column ?? ''} where ${rowKey ?? ''} is ${row ?? ''}`;
  if (measure === 'number') return text ? `the number after “${text.trim()}”` : 'the first number';
  return measure;
}

/** What can be chosen: what the data has, and what the address asks for. */
export function choicesOf({ measures, measure }: Series): string[] {
  return [...new Set([...(SOUGHT.includes(measure) ? [measure] : []), ...measures])];
}

/** What a chart says at a glance. */
export function glanceOf(values: readonly (number | null)[], format: (value: number) => string): string {
  const known = values.filter((each): each is number => each !== null);
  const [first, last] = [known[0], known.at(-1)];
  if (first === undefined || last === undefined) return 'no write has this number';
  const [least, most] = [Math.min(...known), Math.max(...known)];
  return `${format(first)} at first, ${format(last)} now, between ${format(least)} and ${format(most)}`;
}
