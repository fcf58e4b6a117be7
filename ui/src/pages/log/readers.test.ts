import { expect, test } from 'vitest';

import type { Projection, SubscriptionShown } from '../../api/schema';
import { readersOf } from './readers';

const projection = (name: string, lag: number, serving = true) =>
  ({ projection: name, generation: 2, position: 9, lag, serving, error: null }) as Projection;
const subscription = (name: string, lag: number, more: object = {}) =>
  ({ name, lag, webhook: null, checkpoint: 9, disabled: null, parked: 0, ...more }) as SubscriptionShown;

test('who is furthest behind comes first', () => {
  const found = readersOf([projection('tree', 0), projection('runs', 5)], {
    named: [subscription('billing', 7)],
    live: [],
  });
  expect(found.map((each) => each.name)).toEqual(['billing', 'runs', 'tree']);
});

test('a generation that does not serve yet says so', () => {
  expect(readersOf([projection('tree', 0, false)], { named: [], live: [] })[0]?.name).toBe(
    'tree, generation 2',
  );
});

test('what is the matter with a subscription is said', () => {
  const named = [
    subscription('off', 0, { disabled: 'too many failures' }),
    subscription('slow', 0, { parked: 3 }),
  ];
  expect(readersOf([], { named, live: [] }).map((each) => each.note)).toEqual([
    'too many failures',
    '3 parked',
  ]);
});
