import { expect, test } from 'vitest';

import { isEmpty, kindOf, NESTED, NUMBER, TEXT, textOf } from './cells';
import { parse } from './parse';
import { Dice, randomTable } from './random';
import { byNumber, NATURAL_MAX, rankOf } from './rank';
import { sorted } from './sort';
import type { Table } from './table';

type By = [column: string, descending: boolean][];

function order(table: Table, by: By): number[] {
  const rows = Uint32Array.from({ length: table.height }, (_, row) => row);
  return [
    ...sorted(
      rows,
      by.map(([name, descending]) => ({ ranks: rankOf(table, table.find(name)), descending })),
    ),
  ];
}

function column(values: string, descending = false): string[] {
  const table = parse(`{"a": ${values}}`);
  return order(table, [['a', descending]]).map((row) => table.literal(row, 0));
}

/** As one would do it if it did not have to be fast. */
function naiveOrder(table: Table, by: By): number[] {
  const compare = (one: number, other: number): number => {
    for (const [name, descending] of by) {
      const [a, b] = [one, other].map((row) => table.literal(row, table.find(name))) as [string, string];
      if (isEmpty(a) || isEmpty(b)) {
        if (isEmpty(a) !== isEmpty(b)) return isEmpty(a) ? 1 : -1;
        continue;
      }
      const difference = compareCells(a, b);
      if (difference) return descending ? -difference : difference;
    }
    return 0;
  };
  return Array.from({ length: table.height }, (_, row) => row).sort(compare);
}

const collator = new Intl.Collator(undefined, { numeric: true });

function compareCells(a: string, b: string): number {
  const place = (literal: string) =>
    ({ [NUMBER]: 0, [TEXT]: 2, [NESTED]: 3 })[kindOf(literal) as number] ?? 1;
  if (place(a) !== place(b)) return place(a) - place(b);
  if (kindOf(a) === NUMBER) return byNumber(a, b);
  return kindOf(a) === TEXT ? collator.compare(textOf(a), textOf(b)) : a < b ? -1 : a > b ? 1 : 0;
}

test('numbers sort as numbers', () => {
  expect(column('[10, 9, -1, 2.5, 1e3, -Infinity, Infinity]')).toEqual([
    '-Infinity',
    '-1',
    '2.5',
    '9',
    '10',
    '1e3',
    'Infinity',
  ]);
});

test('integers that a double cannot tell apart sort by their digits', () => {
  expect(column('[9007199254740993, 9007199254740992, 9007199254740994]')).toEqual([
    '9007199254740992',
    '9007199254740993',
    '9007199254740994',
  ]);
});

test('empty cells come last both ways, as they stood', () => {
  expect(column('[null, 2, NaN, 1, ""]')).toEqual(['1', '2', 'null', 'NaN', '""']);
  expect(column('[null, 2, NaN, 1, ""]', true)).toEqual(['2', '1', 'null', 'NaN', '""']);
});

test('texts sort as people do', () => {
  expect(column('["b", "a", "B", "é", "f", "row 10", "row 9"]')).toEqual(
    ['a', 'b', 'B', 'é', 'f', 'row 9', 'row 10'].map((each) => JSON.stringify(each)),
  );
});

test('many different texts are sorted too', () => {
  const texts = Array.from({ length: NATURAL_MAX + 1 }, (_, n) => `text ${n}`);
  const expected = [...texts].sort(new Intl.Collator().compare).map((each) => JSON.stringify(each));
  expect(column(JSON.stringify(texts))).toEqual(expected);
});

test('rows that are the same in all columns stay as they stood', () => {
  const table = parse('{"a": [1, 1, 0, 1.0], "b": [5, 5, 5, 5]}');
  expect(order(table, [['a', true]])).toEqual([0, 1, 3, 2]);
  expect(
    order(table, [
      ['b', true],
      ['a', false],
    ]),
  ).toEqual([2, 0, 1, 3]);
});

test('any table is sorted as a naive sort does it', () => {
  const dice = new Dice(2);
  for (let n = 0; n < 300; n++) {
    const table = parse(randomTable(dice, 30));
    const by = table.columns.filter(() => dice.below(2)).map(({ name }) => [name, dice.below(2) === 1]) as By;
    expect(order(table, by)).toEqual(naiveOrder(table, by));
  }
});
