import { expect, test } from 'vitest';

import type { LogEvent } from './event';
import { told, type Frame } from './reader';

function events(from: number, to: number, positions: number[], head = to): Frame & { type: 'events' } {
  return { type: 'events', from, to, head, events: positions.map((position) => ({ position }) as LogEvent) };
}

test('an event that was seen is dropped', () => {
  const { events: fresh } = told({ position: 5, head: 5 }, events(3, 7, [4, 5, 6, 7]));
  expect(fresh.map((each) => each.position)).toEqual([6, 7]);
});

test('what a frame leaves out between itself and what was read is a gap', () => {
  expect(told({ position: 5, head: 5 }, events(8, 9, [9])).gap).toEqual({ from: 5, to: 8 });
});

test('a frame whose filter left everything out is no gap', () => {
  const next = told({ position: 5, head: 5 }, events(5, 9, []));
  expect([next.gap, next.reading]).toEqual([null, { position: 9, head: 9 }]);
});

test('an older frame takes nothing back', () => {
  expect(told({ position: 9, head: 12 }, events(3, 7, [7])).reading).toEqual({ position: 9, head: 12 });
});
