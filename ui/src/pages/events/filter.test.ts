import { expect, test } from 'vitest';

import { filterOf, type Asked } from './filter';

const NOTHING: Asked = { q: null, kind: null, actor: null, key: null, run: null, since: null, until: null };

test('nothing asked for is everything', () => {
  expect(filterOf(NOTHING)).toBeNull();
});

test('of a kind the beginning is enough, with a star or without', () => {
  expect(filterOf({ ...NOTHING, kind: 'prefect.artifact.*' })).toBe(
    filterOf({ ...NOTHING, kind: 'prefect.artifact.' }),
  );
});

test('all that is asked for is in the filter', () => {
  const asked = {
    q: 'rows',
    kind: 'a',
    actor: 'ann',
    key: 'stock',
    run: 'r',
    since: '2026-11-21T00:00:00Z',
    until: null,
  };
  expect(JSON.parse(filterOf(asked) ?? '')).toEqual({
    text: { query: 'rows' },
    event: { prefix: ['a'] },
    actor: { name: ['ann'] },
    key: { name: ['stock'] },
    run: { id: ['r'] },
    occurred: { since: '2026-11-21T00:00:00Z' },
  });
});
