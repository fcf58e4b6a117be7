import { expect, test } from 'vitest';

import type { SizedEntry } from '../../api/schema';
import { Feed, type Span } from './feed';

function span(from: number, to: number, positions: number[]): Span {
  return { from, to, entries: positions.map((position) => ({ position }) as SizedEntry) };
}

function shown(feed: Feed): (number | string)[] {
  return Array.from({ length: feed.length }, (_, index) => {
    const row = feed.at(index);
    if (row?.is === 'gap') return `${row.first}-${row.last}`;
    return row?.entry.position ?? 'nothing';
  });
}

test('what comes is shown above, what was before below', () => {
  const feed = new Feed(span(3, 5, [5, 4]), true);
  feed.addNewer(span(5, 7, [7, 6]));
  feed.addOlder(span(1, 3, [3, 2]));
  feed.addNewer(span(7, 8, [8]));
  expect(shown(feed)).toEqual([8, 7, 6, 5, 4, 3, 2]);
});

test('what comes twice is shown once', () => {
  const feed = new Feed(span(3, 5, [5, 4]), true);
  feed.addNewer(span(4, 6, [6, 5]));
  feed.addNewer(span(5, 6, [6]));
  expect(shown(feed)).toEqual([6, 5, 4]);
});

test('positions that the log has not are a row that names them', () => {
  const feed = new Feed(span(0, 9, [8, 5, 4, 3, 2]), true);
  expect(shown(feed)).toEqual(['9-9', 8, '6-7', 5, 4, 3, 2, '1-1']);
});

test('what a filter leaves out is no gap', () => {
  expect(shown(new Feed(span(0, 9, [8, 5]), false))).toEqual([8, 5]);
});

test('a feed that is held counts what waits, and shows it when it is released', () => {
  const feed = new Feed(span(0, 1, [1]), true);
  feed.hold();
  feed.addNewer(span(1, 3, [3, 2]));
  expect([shown(feed), feed.waiting]).toEqual([[1], 2]);
  feed.release();
  expect([shown(feed), feed.waiting]).toEqual([[3, 2, 1], 0]);
});

test('of very many new rows the older are let go, to be read again', () => {
  const feed = new Feed(span(0, 1, [1]), true);
  const positions = Array.from({ length: 10_001 }, (_, index) => 10_002 - index);
  feed.addNewer(span(1, 10_002, positions));
  expect([feed.length, feed.from, feed.to]).toEqual([5_000, 5_002, 10_002]);
});
