import { expect, test } from 'vitest';

import { choicesOf, glanceOf, nameOf } from './measure';

const NOTHING = { measure: null, row_key: null, row: null, column: null, text: null };

test('a measure is named in words', () => {
  expect(nameOf('rows', NOTHING)).toBe('rows');
  expect(nameOf('cell', { ...NOTHING, row_key: 'id', row: '7', column: 'score' })).toBe(
    'score where id is 7',
  );
  expect(nameOf('number', { ...NOTHING, text: 'Revenue: $' })).toBe('the number after “Revenue: $”');
});

test('what the address asks for can be chosen beside what the data has', () => {
  const series = {
    key: 'k',
    measures: ['rows', 'bytes'],
    points: [],
    left_out: { older: false, large: 0, absent: 0 },
  };
  expect(choicesOf({ ...series, measure: 'cell' })).toEqual(['cell', 'rows', 'bytes']);
  expect(choicesOf({ ...series, measure: 'rows' })).toEqual(['rows', 'bytes']);
});

test('a chart says what it shows without being seen', () => {
  expect(glanceOf([null, 3, 9, 4], String)).toBe('3 at first, 4 now, between 3 and 9');
  expect(glanceOf([null], String)).toBe('no write has this number');
});
