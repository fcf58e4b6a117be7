import { expect, test } from 'vitest';

import { marked } from './marked';

test.each([
  ['/data/v1.csv', '/data/v2.csv', ['/data/v', '1', '.csv'], ['/data/v', '2', '.csv']],
  ['aa', 'aaa', ['aa', '', ''], ['aa', 'a', '']],
  ['', 'x', ['', '', ''], ['', 'x', '']],
  ['😀a', '😁a', ['', '😀', 'a'], ['', '😁', 'a']],
])('%s and %s', (before, after, one, other) => {
  expect(marked(before, after).map(({ start, middle, end }) => [start, middle, end])).toEqual([one, other]);
});
