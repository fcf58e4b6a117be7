import { expect, test } from 'vitest';

import type { Heading } from './columns';
import { layOut } from './layout';

const heading = (name: string, type: Heading['type'] = 'text'): Heading => ({
  name,
  title: name,
  type,
  width: 100,
});
const NONE = new Map<string, number>();

test('columns stand beside each other, without the hidden ones', () => {
  const columns = layOut([heading('a'), heading('b'), heading('c')], ['b'], new Map([['a', 150]]), 0);
  expect(columns.map(({ place, left, width }) => [place, left, width])).toEqual([
    [0, 0, 150],
    [2, 150, 100],
  ]);
});

test('room that is left goes to what is no number, and was not given a width', () => {
  const headings = [heading('id', 'number'), heading('text'), heading('chosen')];
  const columns = layOut(headings, [], new Map([['chosen', 100]]), 380);
  expect(columns.map(({ width }) => width)).toEqual([100, 180, 100]);
});

test('no column becomes far wider than what it holds', () => {
  expect(layOut([heading('a')], [], NONE, 5_000)[0]?.width).toBe(250);
});

test('columns that have too little room keep their width', () => {
  expect(layOut([heading('a'), heading('b')], [], NONE, 120).map(({ width }) => width)).toEqual([100, 100]);
});
