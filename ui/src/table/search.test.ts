import { expect, test } from 'vitest';

import { isEmpty, textOf } from './cells';
import { parse } from './parse';
import { Dice, randomTable } from './random';
import { Search } from './search';
import type { Table } from './table';

function naive(table: Table, sought: string): number[] {
  const has = (row: number) =>
    table.columns.some((_, place) => {
      const literal = table.literal(row, place);
      return !isEmpty(literal) && textOf(literal).toLowerCase().includes(sought.toLowerCase());
    });
  return Array.from({ length: table.height }, (_, row) => row).filter(has);
}

test('a text is found in any cell, in capitals or not', () => {
  const search = new Search(parse('[{"a": "Oslo"}, {"a": 1.50, "b": {"city": "OSLO"}}, {"a": null}]'));
  expect([...search.rows('oslo')]).toEqual([0, 1]);
  expect([...search.rows('.50')]).toEqual([1]);
});

test('nothing is found across two cells or rows', () => {
  const search = new Search(parse('[{"a": "on", "b": "e"}, {}, {"a": "two"}]'));
  expect([...search.rows('one')]).toEqual([]);
  expect([...search.rows('n\0e')]).toEqual([]);
  expect([...search.rows('etwo')]).toEqual([]);
});

test('names of columns and what stands for nothing are not found', () => {
  expect([...new Search(parse('[{"null": null}, {"nan": NaN}]')).rows('n')]).toEqual([]);
});

test('letters that change their length in small ones do not move what is found', () => {
  expect([...new Search(parse('[["İİİİ"], ["x"], ["y"]]')).rows('y')]).toEqual([2]);
});

test('any search finds what a naive one does, also letter by letter', () => {
  const dice = new Dice(3);
  for (let n = 0; n < 200; n++) {
    const table = parse(randomTable(dice, 30));
    const search = new Search(table);
    let sought = '';
    for (let letters = 0; letters < 3; letters++) {
      sought = dice.below(4) ? sought + dice.of(['r', 'o', 'w', ' ', '1', '0', 'É', 'B', '"']) : '1';
      expect([...search.rows(sought)]).toEqual(naive(table, sought));
    }
  }
});
