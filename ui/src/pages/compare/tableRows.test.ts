import { expect, test } from 'vitest';

import type { TableDiff } from '../../api/schema';
import { cellText, shownColumns, tableRows } from './tableRows';

const cell = { column: 'score', before: 1, after: 2 };
const diff = {
  key: ['id'],
  columns: ['id', 'city', 'score'],
  changes: {
    added: [{ row: 3, values: { id: 4 } }],
    removed: [{ row: 1, values: { id: 2 } }],
    changed: [{ before_row: 3, after_row: 2, key: { id: 3 }, cells: [cell], values: null }],
    equal: [{ row: 0, values: { id: 1 } }],
  },
} as unknown as TableDiff;

test('rows stand in the order of the table, counted from 0', () => {
  expect(tableRows(diff).map(({ is, number }) => [is, number])).toEqual([
    ['equal', 0],
    ['removed', 1],
    ['changed', 2],
    ['added', 3],
  ]);
});

test('of changed rows only, the key and what changed are shown', () => {
  const changes = { ...diff.changes, added: [], removed: [] };
  expect(shownColumns({ ...diff, changes }, false)).toEqual(['id', 'score']);
  expect(shownColumns({ ...diff, changes }, true)).toEqual(diff.columns);
  expect(shownColumns(diff, false)).toEqual(diff.columns);
});

test.each([
  [null, ''],
  [0, '0'],
  [false, 'false'],
  ['', ''],
  [{ a: [1] }, '{"a":[1]}'],
])('the cell %o reads %s', (value, text) => expect(cellText(value)).toBe(text));
