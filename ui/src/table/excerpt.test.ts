import { expect, test } from 'vitest';

import { EXCERPT_MAX, excerptOf } from './excerpt';

test('an excerpt breaks where the fault is', () => {
  expect(excerptOf('[1, x]', 4)).toEqual({ before: '[1, ', after: 'x]', leftOutBefore: 0, leftOutAfter: 0 });
});

test('an excerpt says how much it leaves out', () => {
  const { before, after, leftOutBefore, leftOutAfter } = excerptOf(
    'x'.repeat(3 * EXCERPT_MAX),
    EXCERPT_MAX + 5,
  );
  expect([before.length, after.length, leftOutBefore, leftOutAfter]).toEqual([
    EXCERPT_MAX,
    EXCERPT_MAX,
    5,
    EXCERPT_MAX - 5,
  ]);
});
