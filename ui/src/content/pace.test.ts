import { expect, test } from 'vitest';

import { duration, leftInWords, paceOf, type Mark } from './pace';

const steady = (values: number[], everyS = 10): Mark[] =>
  values.map((value, index) => ({ at: index * everyS * 1_000, value }));

test('a steady progress says when it will be done', () => {
  const pace = paceOf(steady([0, 10, 20]), 20_000);
  expect(pace.perSecond).toBe(1);
  expect(pace.left).toEqual({ low: 80, high: 80 });
  expect(pace).toMatchObject({ usualS: 10, isQuiet: false, isDone: false });
});

test('one that got slower gives a range', () => {
  const pace = paceOf(steady([0, 20, 40, 60, 61, 62, 63, 64, 65]), 80_000);
  expect(pace.left?.low).toBeLessThan(pace.left?.high ?? 0);
  expect(pace.left?.high).toBeCloseTo(350);
});

test('what is quiet for long says so', () => {
  expect(paceOf(steady([0, 10, 20]), 20_000 + 200_000)).toMatchObject({ quietS: 200, isQuiet: true });
  expect(paceOf(steady([0, 100]), 1_000_000).isQuiet).toBe(false);
});

test('what was begun anew is measured from there', () => {
  expect(paceOf(steady([0, 90, 0, 10]), 30_000).left).toEqual({ low: 90, high: 90 });
});

test.each([[[]], [[{ at: 0, value: 5 }]], [steady([5, 5])]])('of too little nothing is guessed', (marks) => {
  expect(paceOf(marks as Mark[], 0)).toMatchObject({ perSecond: null, left: null });
});

test('times are told in words', () => {
  expect([0.2, 4, 75, 180, 7_800, 300_000].map(duration)).toEqual([
    '<1 s',
    '4 s',
    '75 s',
    '3 min',
    '2 h 10 min',
    '3 days',
  ]);
  expect(leftInWords({ low: 120, high: 300 })).toBe('2 min to 5 min left');
});
