import { expect, test } from 'vitest';

import type { Hunk, TextDiff } from '../../api/schema';
import { lined, splitRows, textRows } from './textRows';

const hunk = (given: Partial<Hunk>): Hunk => ({
  before_line: 1,
  after_line: 1,
  removed: [],
  added: [],
  words: null,
  equal_above: [],
  equal_below: [],
  ...given,
});

const diff = (lines: number, ...hunks: Hunk[]): TextDiff => ({
  lines_before: lines,
  lines_after: lines,
  added: 0,
  removed: 0,
  hunks: hunks.length,
  is_fine: true,
  left_out: {},
  changes: { hunks },
});

const one = hunk({
  before_line: 5,
  after_line: 5,
  removed: ['b\n'],
  added: ['B\n', 'C\n'],
  equal_above: ['a\n'],
  equal_below: ['d\n'],
});

test('lines that stayed have both numbers, and the others are folded', () => {
  expect(
    textRows(diff(10, one)).map((row) => [
      row.is,
      'before' in row ? row.before : null,
      'after' in row ? row.after : null,
    ]),
  ).toEqual([
    ['fold', null, null],
    ['equal', 4, 4],
    ['removed', 5, null],
    ['added', null, 5],
    ['added', null, 6],
    ['equal', 6, 7],
    ['fold', null, null],
  ]);
  expect(textRows(diff(10, one)).flatMap((row) => (row.is === 'fold' ? [row.lines] : []))).toEqual([3, 3]);
});

test('each change starts once, also where nothing was removed', () => {
  const rows = textRows(diff(10, one, hunk({ before_line: 9, after_line: 10, added: ['z'] })));
  expect(rows.filter((row) => 'startsChange' in row && row.startsChange)).toHaveLength(2);
});

test('side by side a line that went stands beside one that came', () => {
  const rows = splitRows(textRows(diff(7, one)));
  const changed = rows.flatMap((row) =>
    row.is === 'changed' ? [[row.removed?.number, row.added?.number]] : [],
  );
  expect(changed).toEqual([
    [5, 5],
    [undefined, 6],
  ]);
});

test('two changes next to each other stay two', () => {
  const next = hunk({ before_line: 6, after_line: 7, removed: ['x\n'] });
  const rows = splitRows(textRows(diff(7, { ...one, equal_below: [] }, next)));
  expect(rows.filter((row) => row.is === 'changed' && row.startsChange)).toHaveLength(2);
});

test('the words of one side are marked, line by line', () => {
  const parts = [
    { is_in: 'both', text: 'a ' },
    { is_in: 'before', text: 'b\nc' },
    { is_in: 'after', text: 'x' },
    { is_in: 'both', text: ' d\n' },
  ] as const;
  expect(lined(parts, 'before')).toEqual([
    [
      { text: 'a ', isChanged: false },
      { text: 'b', isChanged: true },
    ],
    [
      { text: 'c', isChanged: true },
      { text: ' d', isChanged: false },
    ],
  ]);
});
