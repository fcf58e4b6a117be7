import { expect, test } from 'vitest';

import type { Trend } from '../../api/schema';
import { left } from './left';
import { withView, viewed } from './views';

const JUST_NOW = 0;

const trend = (values: number[]): Trend => ({
  key: 'load',
  measure: 'value',
  summary: null,
  points: values.map((value, index) => ({
    position: index,
    recorded: new Date(index * 60_000).toISOString(),
    value,
  })),
});

test('a progress says about how long it takes', () => {
  expect(left(trend([10, 20, 30]), JUST_NOW)).toBe('~7 min left');
  expect(left(trend([99.9, 99.95, 99.99]), JUST_NOW)).toBe('~13 s left');
  expect(left(trend([1, 2, 3]), JUST_NOW)).toBe('~2 h left');
});

test('a progress that began anew is measured from there', () => {
  expect(left(trend([80, 90, 10, 20, 30]), JUST_NOW)).toBe('~7 min left');
});

test('a progress that is silent for longer than usual says so', () => {
  expect(left(trend([10, 20, 30]), 40 * 60_000)).toBe('no update for 38 min');
});

test('of what is done, stands still or just began nothing is foretold', () => {
  for (const values of [[], [10], [10, 20], [50, 50, 50], [80, 90, 100]])
    expect(left(trend(values), JUST_NOW)).toBeNull();
});

test('a view is what is asked, not the moment of looking', () => {
  expect(viewed('?type=table&at=5&peek=a&q=b')).toBe('q=b&type=table');
});

test('a view of the same name takes the place of the one before', () => {
  const views = withView([{ name: 'mine', query: 'q=a' }], { name: 'mine', query: 'q=b' });
  expect(views).toEqual([{ name: 'mine', query: 'q=b' }]);
});
