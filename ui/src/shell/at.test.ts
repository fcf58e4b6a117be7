import { expect, test } from 'vitest';

import { atOf, keepingAt } from './at';

test('a moment is a position', () => {
  expect(['?at=42', '?q=a&at=0', '?at=now', '?at=-1', ''].map(atOf)).toEqual([42, 0, null, null, null]);
});

test('an address keeps the moment', () => {
  expect(keepingAt('/artifacts', 42)).toBe('/artifacts?at=42');
  expect(keepingAt('/artifacts?q=a#top', 42)).toBe('/artifacts?q=a&at=42#top');
});

test('an address that names a moment of its own keeps that', () => {
  expect(keepingAt('/log?at=7', 42)).toBe('/log?at=7');
});

test('now needs no word', () => {
  expect(keepingAt('/artifacts?q=a', null)).toBe('/artifacts?q=a');
});
