import { expect, test } from 'vitest';

import type { Column } from './layout';
import { HEADER_PX, nearest, rangeOf, ROW_PX } from './range';
import { Scale } from './scale';

const columns = Array.from({ length: 100 }, (_, place) => ({
  place,
  left: 100 * place,
  width: 100,
})) as Column[];

function range(rows: number, top: number, left = 0) {
  const [width, height] = [500, HEADER_PX + 10 * ROW_PX];
  const scale = new Scale(rows * ROW_PX + HEADER_PX, height);
  return { ...rangeOf(top, left, { rows, columns, scale, width, height }), scale };
}

test('what is seen is on the page, and a little more', () => {
  expect(range(100_000, 0)).toMatchObject({ first: 0, last: 19, origin: 0 });
  expect(range(100_000, 1000 * ROW_PX)).toMatchObject({ first: 992, last: 1019, origin: 0 });
});

test('rows come and go in groups, of which the last may be smaller', () => {
  const steps = [2, 3, 4, 5].map((rows) => range(100_000, (1000 + rows) * ROW_PX).first);
  expect(steps).toEqual([996, 996, 996, 996]);
  expect(range(10, 0)).toMatchObject({ first: 0, last: 9 });
});

test('of many columns only those are on the page that are seen', () => {
  expect(range(10, 0, 2_000)).toMatchObject({ left: 17, right: 27 });
  expect(range(10, 0, 9_500)).toMatchObject({ left: 92, right: 99 });
});

test('the last of two million rows can be seen', () => {
  const { scale } = range(2_000_000, 0);
  const end = scale.height - (HEADER_PX + 10 * ROW_PX);
  const { last, origin } = range(2_000_000, end);
  expect(last).toBe(1_999_999);
  expect(origin + 2_000_000 * ROW_PX).toBeCloseTo(scale.height - HEADER_PX, -1);
});

test('where there are no rows, none are on the page', () => {
  const { first, last } = range(0, 0);
  expect(last).toBeLessThan(first);
});

test('a view moves no further than it has to', () => {
  expect([nearest(100, 120, 150, 200), nearest(100, 90, 120, 200), nearest(100, 290, 320, 200)]).toEqual([
    100, 90, 120,
  ]);
  expect(nearest(100, 400, 900, 200)).toBe(400);
});
