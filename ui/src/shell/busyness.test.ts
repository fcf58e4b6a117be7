import { expect, test } from 'vitest';

import { heights } from './busyness';

const stretch = (events: number, seconds: number) => ({ after: 0, until: events, seconds, recorded: '' });

test('the more in a second, the higher, by magnitudes', () => {
  expect(heights([stretch(10, 10), stretch(10, 1), stretch(10, 0.1)])).toEqual([0, 0.5, 1]);
});

test('where all were as busy, none stands out', () => {
  expect(heights([stretch(10, 10), stretch(20, 20)])).toEqual([0.5, 0.5]);
  expect(heights([])).toEqual([]);
});

test('events of one moment are no division by zero', () => {
  expect(heights([stretch(10, 0), stretch(1, 1)])).toEqual([1, 0]);
});
