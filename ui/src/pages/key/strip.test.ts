import { expect, test } from 'vitest';

import type { Point } from '../../api/schema';
import { authors, heights, nameOf, ticksOf } from './strip';

const point = (position: number, number: number, actor = 'ci', value: number | null = 1): Point => ({
  position,
  number,
  actor,
  value,
  artifact_id: `a-${number}`,
  recorded: '2026-11-21T12:00:00Z',
  flow_run_id: null,
  flow_run_name: null,
  task_run_id: null,
  task_run_name: null,
});

test('the largest change is the highest, and what changed nothing can still be seen', () => {
  const [none = 0, small = 0, large = 0, unknown = 0] = heights([0, 3, 1000, null]);
  expect(large).toBe(100);
  expect(none).toBeGreaterThan(0);
  expect(small).toBeGreaterThan(none);
  expect(unknown).toBe(none);
});

test('the busiest authors have colours of their own', () => {
  const points = ['a', 'b', 'b', 'c', 'd', 'e', 'f'].map((actor, index) => point(index, index, actor));
  expect(authors(points)).toEqual(['b', 'a', 'c', 'd', 'e', null]);
  expect(authors(points.slice(0, 3))).toEqual(['b', 'a']);
});

test('each write has a tick at its place', () => {
  const points = [point(1, 1, 'a'), point(2, 2, 'b'), point(3, 3, 'a')];
  expect(ticksOf('a', points, ['a', 'b']).match(/M[\d.]+/g)).toEqual(['M0.1', 'M2.1']);
});

test('a write that a later one changed in place is named with its position', () => {
  const points = [point(1, 1), point(3, 1), point(5, 2)];
  expect([0, 1, 2].map((index) => nameOf(index, points))).toEqual(['1@1', '1', '2']);
});
