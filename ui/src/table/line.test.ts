import { expect, test } from 'vitest';

import { lineOf } from './line';

const headings = ['score', 'city'].map((name) => ({ name, title: name, type: 'text' as const, width: 1 }));
const ALL = { headings, found: 100_000, height: 100_000 };

test('the line says how many rows there are, and what it took', () => {
  expect(lineOf(ALL, [], '', 49.7)).toBe('100,000 rows · 50 ms');
  expect(lineOf({ ...ALL, found: 12 }, [], 'x', 3)).toBe('12 of 100,000 rows · 3 ms');
});

test('the line says by what they are sorted', () => {
  const sort = [
    { column: 'score', descending: true },
    { column: 'gone', descending: false },
    { column: 'city', descending: false },
  ];
  expect(lineOf(ALL, sort, '', 50)).toBe('100,000 rows · sorted by score ↓, city · 50 ms');
});
