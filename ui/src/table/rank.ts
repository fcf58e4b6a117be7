/** The ranks of a column's cells: of two cells the lower rank comes first. Once known, sorting compares only these. */

import { BOOLEAN, isEmpty, kindOf, NESTED, NUMBER, TEXT, textOf } from './cells';
import type { Table } from './table';

export interface Ranks {
  /** By row, below `count`; of empty cells `count` itself. */
  ranks: Uint32Array;
  /** How many different ranks there are. */
  count: number;
}

type Compare = (one: string, other: string) => number;

/** Up to so many different texts in a column, numbers inside them count by value: "row 9" before "row 10". Slow. */
export const NATURAL_MAX = 20_000;

const alphabet = new Intl.Collator();
const natural = new Intl.Collator(undefined, { numeric: true });

/** In a column of several kinds they stand one after the other: numbers, booleans, texts, nested values. */
export function rankOf(table: Table, column: number): Ranks {
  const literals = Array.from({ length: table.height }, (_, row) => table.literal(row, column));
  const rows = byKind(literals);
  const numbers = rows(NUMBER);
  const ranks = new Uint32Array(table.height);
  let count = numbers.every((row) => isExact(literals[row] as string))
    ? rankNumbers(numbers, literals, ranks)
    : rankLiterals(numbers, literals, ranks, 0, () => byNumber);
  count = rankLiterals(rows(BOOLEAN), literals, ranks, count, () => plainly);
  const texts = rows(TEXT);
  for (const row of texts) literals[row] = textOf(literals[row] as string);
  count = rankLiterals(texts, literals, ranks, count, byText);
  count = rankLiterals(rows(NESTED), literals, ranks, count, () => plainly);
  for (const row of rows(EMPTY)) ranks[row] = count;
  return { ranks, count };
}

const EMPTY = -1;

function byKind(literals: readonly string[]): (kind: number) => readonly number[] {
  const rows = new Map<number, number[]>([EMPTY, NUMBER, BOOLEAN, TEXT, NESTED].map((kind) => [kind, []]));
  literals.forEach((literal, row) => rows.get(isEmpty(literal) ? EMPTY : kindOf(literal))?.push(row));
  return (kind) => rows.get(kind) ?? [];
}

/** Ranks from 0. Returns how many there are. */
function rankNumbers(rows: readonly number[], literals: readonly string[], ranks: Uint32Array): number {
  const values = Float64Array.from(rows, (row) => Number(literals[row]));
  const distinct = values.toSorted().filter((value, n, all) => n === 0 || value !== all[n - 1]);
  rows.forEach((row, n) => (ranks[row] = placeIn(distinct, values[n] as number)));
  return distinct.length;
}

/** Ranks from `first`. Returns the first one that is free then. */
function rankLiterals(
  rows: readonly number[],
  literals: readonly string[],
  ranks: Uint32Array,
  first: number,
  comparing: (distinct: number) => Compare,
): number {
  const known = new Map<string, number>();
  for (const row of rows) known.set(literals[row] as string, 0);
  const compare = comparing(known.size);
  let [rank, last] = [first - 1, undefined as string | undefined];
  for (const literal of [...known.keys()].sort(compare)) {
    if (last === undefined || compare(last, literal) !== 0) rank++;
    known.set(literal, rank);
    last = literal;
  }
  for (const row of rows) ranks[row] = known.get(literals[row] as string) as number;
  return rank + 1;
}

function byText(distinct: number): Compare {
  return (distinct > NATURAL_MAX ? alphabet : natural).compare;
}

function plainly(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** By value; integers that a double can't tell apart, by their digits. */
export function byNumber(one: string, other: string): number {
  const [a, b] = [Number(one), Number(other)];
  if (a !== b) return a < b ? -1 : 1;
  if (isExact(one) || isExact(other)) return 0;
  const [exact, otherExact] = [BigInt(one), BigInt(other)];
  return exact < otherExact ? -1 : exact > otherExact ? 1 : 0;
}

/** Whether a double tells this number from its neighbours, or it is no integer. */
function isExact(literal: string): boolean {
  return literal.length < 16 || Number.isSafeInteger(Number(literal)) || !/^-?\d+$/.test(literal);
}

/** Where a value stands among sorted ones that include it. */
function placeIn(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
