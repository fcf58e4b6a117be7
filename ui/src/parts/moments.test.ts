import { expect, test } from 'vitest';

import { relative, sentence } from './moments';

const NOW = Date.parse('2026-11-21T12:00:00Z');

test('how long ago a moment was is one word', () => {
  const moments = ['11:59:58', '11:59:51', '11:58:00', '10:30:00'].map((time) => `2026-11-21T${time}Z`);
  expect(moments.map((each) => relative(each, NOW))).toEqual(['now', '9s', '2m', '1h']);
});

test('what is long ago has its date', () => {
  expect(relative('2026-11-18T12:00:00Z', NOW)).toBe('3d');
  expect(relative('2026-01-02T12:00:00Z', NOW)).toBe('Jan 2, 2026');
});

test('within a sentence it was so long ago', () => {
  const moments = ['2026-11-21T11:59:51Z', '2026-11-21T12:00:00Z', '2026-01-02T12:00:00Z'];
  expect(moments.map((each) => sentence(each, NOW))).toEqual(['9s ago', 'now', 'Jan 2, 2026']);
});

test('a clock that is behind shows no future', () => {
  expect(relative('2026-11-21T12:00:09Z', NOW)).toBe('now');
});
