import { expect, test } from 'vitest';

import { parse } from './parse';
import { Dice, randomTable } from './random';
import { NESTING_MAX, ParseError } from './scanner';
import { CELLS_MAX, type Table, TooManyCells } from './table';

function cells(table: Table): Record<string, string[]> {
  const rows = Array.from({ length: table.height }, (_, row) => row);
  return Object.fromEntries(
    table.columns.map(({ name }, place) => [name, rows.map((row) => table.literal(row, place))]),
  );
}

function fault(text: string): ParseError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof ParseError) return error;
  }
  throw new Error(`${text} is a table`);
}

const said = (text: string): string => {
  const { message, place } = fault(text);
  return `${place.line}:${place.column} ${message}`;
};

test('the columns of a list of objects are all that any row has', () => {
  const table = parse('[{"a": 1}, {"b": "x", "a": 2}, {}]');
  expect(table.shape).toBe('list of objects');
  expect(cells(table)).toEqual({ a: ['1', '2', ''], b: ['', '"x"', ''] });
});

test('the columns of a list of lists are called by their number', () => {
  expect(cells(parse('[["id", "score"], [1], [2, 0.5, true]]'))).toEqual({
    0: ['"id"', '1', '2'],
    1: ['"score"', '', '0.5'],
    2: ['', '', 'true'],
  });
});

test('the columns of an object of lists may be of unequal lengths', () => {
  expect(cells(parse('{"a": [1, 2], "b": [], "c": [3, 4, 5]}'))).toEqual({
    a: ['1', '2', ''],
    b: ['', '', ''],
    c: ['3', '4', '5'],
  });
});

test('a table that was sent as a string is a table', () => {
  expect(cells(parse(JSON.stringify('[{"a": "\\"quoted\\""}]')))).toEqual({ a: ['"\\"quoted\\""'] });
});

test('numbers stay as they were sent', () => {
  const literals = ['1.0', '12345678901234567890', '1e5', '-0', 'NaN', 'Infinity', '-Infinity', '0.10'];
  expect(cells(parse(`[[${literals.join(',')}]]`))).toEqual(
    Object.fromEntries(literals.map((each, n) => [n, [each]])),
  );
});

test('nested values stay as they were sent', () => {
  expect(cells(parse('[{"a": {"b": [1.0, {}]}, "c": []}]'))).toEqual({ a: ['{"b": [1.0, {}]}'], c: ['[]'] });
});

test('no name of a column means anything to the page', () => {
  const table = parse('[{"__proto__": 1, "constructor": 2, "toString": 3}]');
  expect(table.columns.map(({ name }) => name)).toEqual(['__proto__', 'constructor', 'toString']);
  expect(table.literal(0, table.find('__proto__'))).toBe('1');
  expect(table.find('hasOwnProperty')).toBe(-1);
});

test('a name that is written in two ways is one column', () => {
  expect(cells(parse('[{"a\\u0062": 1}, {"ab": 2}]'))).toEqual({ ab: ['1', '2'] });
});

test('of a name that is given twice the last one counts, and it is said', () => {
  const table = parse('[{"a": 1, "a": 2}, {"a": 3}]');
  expect(cells(table)).toEqual({ a: ['2', '3'] });
  expect(table.repeated).toBe(1);
});

test('of a column that is given twice the last one counts', () => {
  expect(cells(parse('{"a": [1, 2, 3], "a": [4]}'))).toEqual({ a: ['4'] });
});

test('an empty table has no rows', () => {
  expect(
    [parse('[]'), parse('{}'), parse(' [ ] ')].map(({ height, columns }) => [height, columns.length]),
  ).toEqual([
    [0, 0],
    [0, 0],
    [0, 0],
  ]);
});

test('a fault has its place', () => {
  expect(said('[{"a": 1},\n {"a": tru}]')).toBe('2:8 expected a value, found "t"');
  expect(said('[{"a": 1}')).toBe('1:10 expected "," or "]", the text ends');
  expect(said('[{"a" 1}]')).toBe('1:7 expected :, found "1"');
  expect(said("[{'a': 1}]")).toBe('1:3 expected a name in double quotes, found "\'"');
  expect(said('[[1, ]]')).toBe('1:6 expected a value, found "]"');
  expect(said('[["a\\x"]]')).toBe('1:5 a string with a wrong escape, found "\\\\"');
  expect(said('[["a\n"]]')).toBe('1:5 a string with a raw control character, found "\\n"');
  expect(said('[["a')).toBe('1:5 expected the end of a string, the text ends');
  expect(said('[[1.]]')).toBe('1:5 expected a digit, found "]"');
  expect(said('[[-]]')).toBe('1:4 expected a digit, found "]"');
  expect(said('[[1]] x')).toBe('1:7 expected the end of the text, found "x"');
  expect(said('')).toBe('1:1 expected a table, the text ends');
  expect(said('[["😀", 😀]]')).toBe('1:9 expected a value, found "😀"');
});

test('what is no table says where it is none', () => {
  expect(said('[{"a": 1}, [2]]')).toBe('1:12 row 1 is no object, as row 0 is');
  expect(said('[[1], null]')).toBe('1:7 row 1 is no list, as row 0 is');
  expect(said('{"a": [1], "b": 2}')).toBe('1:17 the column "b" is no list');
  expect(said('[1, 2]')).toBe('1:2 row 0 is no object and no list');
  expect(said('7')).toBe('1:1 a table is a list of objects, a list of lists or an object of lists');
});

test('lists that are too deep are refused', () => {
  const deep = (levels: number) => `[[${'['.repeat(levels)}${']'.repeat(levels)}]]`;
  expect(parse(deep(NESTING_MAX)).height).toBe(1);
  expect(fault(deep(NESTING_MAX + 1)).message).toContain(`at most ${NESTING_MAX}`);
});

test('too many cells are refused before they take memory', () => {
  const names = Array.from({ length: 5_000 }, (_, n) => `"${n}": 1`).join(', ');
  const rows = Array.from({ length: CELLS_MAX / 5_000 + 1 }, (_, n) => (n ? '{}' : `{${names}}`));
  expect(() => parse(`[${rows.join(',')}]`)).toThrow(TooManyCells);
});

test('any table is read as JSON.parse reads it', () => {
  const dice = new Dice(1);
  for (let n = 0; n < 200; n++) {
    const text = randomTable(dice, 8).replace(/-?Infinity|NaN|9007199254740993/g, '7');
    const table = parse(text);
    const rows = JSON.parse(text, undefined) as Record<string, unknown>[];
    rows.forEach((row, number) => {
      table.columns.forEach(({ name }, place) => {
        const literal = table.literal(number, place);
        expect(literal === '' ? undefined : JSON.parse(literal)).toEqual(
          Object.hasOwn(row, name) ? row[name] : undefined,
        );
      });
    });
  }
});

test('a text that was cut off anywhere has a fault, and no other error', () => {
  const text = '[{"a": "x\\u00e9", "b": [1, {"c": -1.5e+3}], "d": null}, {"a": NaN}]';
  for (let end = 0; end < text.length; end++)
    expect(fault(text.slice(0, end)).place.offset).toBeLessThanOrEqual(end);
});
