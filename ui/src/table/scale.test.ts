import { expect, test } from 'vitest';

import { HEIGHT_MAX_PX, Scale } from './scale';

test('rows that fit a browser are where they are', () => {
  const scale = new Scale(30_000, 600);
  expect([scale.height, scale.toContent(500), scale.toScrolled(500)]).toEqual([30_000, 500, 500]);
});

test('of two million rows the last one is at the end of the way', () => {
  const [content, viewport] = [2_000_000 * 30, 600];
  const scale = new Scale(content, viewport);
  expect(scale.height).toBe(HEIGHT_MAX_PX);
  expect(scale.toContent(HEIGHT_MAX_PX - viewport)).toBeCloseTo(content - viewport);
  expect(scale.toScrolled(scale.toContent(1234))).toBeCloseTo(1234);
});

test('less than a view does not scroll', () => {
  expect(new Scale(90, 600).toContent(0)).toBe(0);
});
