import { expect, test } from 'vitest';

import { headingsOf } from './columns';
import { parse } from './parse';

const headings = (text: string) => headingsOf(parse(text), false);

test('the type of a column is that of its cells, the empty ones aside', () => {
  const found = headings(
    '[{"n": 1, "t": "x", "b": true, "o": {}, "m": 1, "e": null}, {"n": NaN, "t": "", "m": "x"}]',
  );
  expect(found.map(({ type }) => type)).toEqual(['number', 'text', 'boolean', 'nested', 'mixed', 'empty']);
});

test('a column is as wide as most of its cells, within bounds', () => {
  const [short, long, title, wide] = headings(
    JSON.stringify([{ a: 'x', b: 'x'.repeat(500), 'a title that is long': 1, c: '東京都渋谷区' }]),
  );
  expect(short?.width).toBeLessThan(title?.width ?? 0);
  expect(long?.width).toBe(360);
  expect(wide?.width).toBeGreaterThan(100);
});

test('a few long cells do not make a column wide', () => {
  const cells = Array.from({ length: 100 }, (_, n) => ({ a: n === 50 ? 'x'.repeat(90) : 'x' }));
  expect(headings(JSON.stringify(cells))[0]?.width).toBeLessThan(100);
});
