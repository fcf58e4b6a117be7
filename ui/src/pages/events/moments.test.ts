import { expect, test } from 'vitest';

import { clock, stretch } from './moments';

const NOW = new Date(2026, 10, 21, 12);

test('of today the time is enough', () => {
  expect(clock(new Date(2026, 10, 21, 9, 5, 7, 45).toISOString(), NOW)).toBe('09:05:07.045');
});

test('of another day the date is said, of another year that too', () => {
  expect(clock(new Date(2026, 10, 20, 9, 5, 7, 45).toISOString(), NOW)).toBe('20 Nov 09:05:07.045');
  expect(clock(new Date(2025, 10, 20, 9, 5, 7, 45).toISOString(), NOW)).toBe('20 Nov 2025 09:05:07.045');
});

test('a stretch within a day names the day once', () => {
  expect(stretch(new Date(2026, 10, 21, 12), new Date(2026, 10, 21, 13, 30))).toBe('21 Nov 12:00 – 13:30');
  expect(stretch(new Date(2026, 10, 21, 12), new Date(2026, 10, 22, 13))).toBe('21 Nov 12:00 – 22 Nov 13:00');
});
