import { expect, test } from 'vitest';

import { readView, sortedNext, type View, writtenView } from './view';

const PLAIN: View = { sort: [], search: '', hidden: [], widths: new Map(), header: null, cell: null };

function again(view: View): View {
  const params = new URLSearchParams();
  for (const [name, values] of Object.entries(writtenView(view)))
    values.forEach((each) => params.append(name, each));
  const read = new URLSearchParams(params.toString());
  return readView((name) => read.getAll(name));
}

test('a view survives the address, whatever the columns are called', () => {
  for (const name of ['score', '-a', '+b', '--', '3:4', 'a,b&c=d', '__proto__', '', ' é\n']) {
    const view: View = {
      sort: [
        { column: name, descending: true },
        { column: `x${name}`, descending: false },
      ],
      search: name,
      hidden: [name],
      widths: new Map([[name, 120]]),
      header: false,
      cell: { row: 12, column: name },
    };
    expect(again(view)).toEqual(view);
  }
});

test('a plain view leaves the address as it is', () => {
  expect(Object.values(writtenView(PLAIN)).flat()).toEqual([]);
  expect(readView(() => [])).toEqual(PLAIN);
});

test('what an address says wrongly is passed over', () => {
  const wrong: Record<string, string[]> = { width: ['x:a', '10'], cell: ['a'], header: ['perhaps'] };
  expect(readView((name) => wrong[name] ?? [])).toEqual(PLAIN);
});

test('a title sorts up, then down, then not at all', () => {
  const up = sortedNext([], 'a', false);
  const down = sortedNext(up, 'a', false);
  expect([up, down, sortedNext(down, 'a', false)]).toEqual([
    [{ column: 'a', descending: false }],
    [{ column: 'a', descending: true }],
    [],
  ]);
});

test('with Shift a column sorts beside the others, and keeps its place', () => {
  const both = sortedNext(sortedNext([], 'a', false), 'b', true);
  expect(both.map(({ column }) => column)).toEqual(['a', 'b']);
  expect(sortedNext(both, 'a', true)).toEqual([
    { column: 'a', descending: true },
    { column: 'b', descending: false },
  ]);
  expect(sortedNext(both, 'c', false)).toEqual([{ column: 'c', descending: false }]);
});
