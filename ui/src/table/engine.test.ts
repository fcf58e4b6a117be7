import { expect, test } from 'vitest';

import { MISSING, NULL, NUMBER, TEXT } from './cells';
import { CELL_SHOWN_MAX, Engine, WINDOW_ROWS } from './engine';
import { parse } from './parse';

const ALL = { sort: [], search: '', header: null };
const engine = (text: string) => new Engine(parse(text));

test('a search keeps the order, and an order the search', () => {
  const table = engine('[{"a": 3, "b": "x"}, {"a": 1, "b": "y"}, {"a": 2, "b": "x"}]');
  const arranged = table.arrange({ ...ALL, sort: [{ column: 'a', descending: false }], search: 'x' });
  expect([...arranged.first.rows]).toEqual([2, 0]);
  expect([arranged.found, arranged.height]).toEqual([2, 3]);
});

test('a column that the table lacks sorts nothing', () => {
  const { first } = engine('[{"a": 2}, {"a": 1}]').arrange({
    ...ALL,
    sort: [{ column: 'z', descending: false }],
  });
  expect([...first.rows]).toEqual([0, 1]);
});

test('a window has the cells of its rows, and what they are', () => {
  const { first } = engine('[{"a": "x", "b": 1.0}, {"b": null}]').arrange(ALL);
  expect(first.texts).toEqual(['x', '1.0', '', 'null']);
  expect([...first.kinds]).toEqual([TEXT, NUMBER, MISSING, NULL]);
});

test('a window ends where the rows end', () => {
  const table = engine(JSON.stringify(Array.from({ length: WINDOW_ROWS + 3 }, (_, n) => [n])));
  table.arrange(ALL);
  expect([...table.window(WINDOW_ROWS).rows]).toEqual([WINDOW_ROWS, WINDOW_ROWS + 1, WINDOW_ROWS + 2]);
  expect([...table.window(5 * WINDOW_ROWS).rows]).toEqual([]);
});

test('a long cell is cut in a window, and whole by itself', () => {
  const long = 'x'.repeat(CELL_SHOWN_MAX + 1);
  const table = engine(JSON.stringify([{ a: long }]));
  expect(table.arrange(ALL).first.texts).toEqual([`${'x'.repeat(CELL_SHOWN_MAX)}…`]);
  expect(table.cell(0, 'a')).toBe(`"${long}"`);
  expect([table.cell(0, 'b'), table.cell(1, 'a')]).toEqual(['', '']);
});

test('a list of lists that begins with titles has them above its columns', () => {
  const table = engine('[["city", "score"], ["Oslo", 1], ["Bergen", 2]]');
  const arranged = table.arrange(ALL);
  expect(arranged.headings.map(({ name, title, type }) => [name, title, type])).toEqual([
    ['0', 'city', 'text'],
    ['1', 'score', 'number'],
  ]);
  expect([...arranged.first.rows]).toEqual([1, 2]);
  expect(table.arrange({ ...ALL, header: false }).height).toBe(3);
});

test('above the names of rows no title has to stand', () => {
  const table = engine('[["", "cat", "dog"], ["cat", 9, 1], ["dog", 2, 8]]');
  expect(table.arrange(ALL).headings.map(({ title }) => title)).toEqual(['0', 'cat', 'dog']);
});

test('a list of lists whose first row could be any is all rows', () => {
  const texts = ['[["a", "b"], ["c", "d"]]', '[["a", "a"], [1, 2]]', '[["a", 1], [2, 3]]', '[["a", "b"]]'];
  expect(texts.map((text) => engine(text).arrange(ALL).hasHeader)).toEqual([false, false, false, false]);
});

test('a row is found again in any arrangement', () => {
  const table = engine('[[1], [3], [2]]');
  table.arrange({ ...ALL, sort: [{ column: '0', descending: true }], search: '' });
  expect([0, 1, 2].map((row) => table.place(row))).toEqual([2, 0, 1]);
  table.arrange({ ...ALL, search: '3' });
  expect([0, 1].map((row) => table.place(row))).toEqual([-1, 0]);
});

test('rows are told apart by a column without two equal cells, best by one that is called so', () => {
  expect(engine('[{"a": 1, "x_id": "p"}, {"a": 2, "x_id": "q"}]').rowKey(1)).toEqual({
    column: 'x_id',
    text: 'q',
  });
  expect(engine('[{"a": 1, "x_id": 7}, {"a": 2, "x_id": 7}]').rowKey(0)).toEqual({ column: 'a', text: '1' });
  expect(engine('[{"a": 0.5, "b": 1}, {"a": 1.5}]').rowKey(0)).toBeNull();
});
