import { expect, test } from 'vitest';

import { HEADER, moved } from './active';

const EXTENT = { rows: 100, columns: 4, page: 20 };
const PLAIN = { ctrlKey: false, metaKey: false, shiftKey: false, altKey: false };

function press(row: number, column: number, key: string, with_: Partial<typeof PLAIN> = {}): number[] | null {
  const cell = moved({ row, column }, { ...PLAIN, ...with_, key }, EXTENT);
  return cell && [cell.row, cell.column];
}

test('arrows move by a cell, and stop at the edges', () => {
  expect([
    press(5, 1, 'ArrowUp'),
    press(5, 1, 'ArrowDown'),
    press(5, 1, 'ArrowLeft'),
    press(5, 1, 'ArrowRight'),
  ]).toEqual([
    [4, 1],
    [6, 1],
    [5, 0],
    [5, 2],
  ]);
  expect([press(99, 3, 'ArrowDown'), press(99, 3, 'ArrowRight'), press(0, 0, 'ArrowLeft')]).toEqual([
    [99, 3],
    [99, 3],
    [0, 0],
  ]);
});

test('above the first row are the titles', () => {
  expect([press(0, 2, 'ArrowUp'), press(HEADER, 2, 'ArrowUp'), press(HEADER, 2, 'ArrowDown')]).toEqual([
    [HEADER, 2],
    [HEADER, 2],
    [0, 2],
  ]);
});

test('Home and End lead to the ends of the row, with Ctrl to those of the table', () => {
  expect([press(5, 1, 'Home'), press(5, 1, 'End')]).toEqual([
    [5, 0],
    [5, 3],
  ]);
  expect([press(5, 1, 'Home', { ctrlKey: true }), press(5, 1, 'End', { metaKey: true })]).toEqual([
    [0, 0],
    [99, 3],
  ]);
});

test('a page is what is seen at a time', () => {
  expect([press(5, 1, 'PageDown'), press(95, 1, 'PageDown'), press(5, 1, 'PageUp')]).toEqual([
    [25, 1],
    [99, 1],
    [0, 1],
  ]);
});

test('other keys are left to the page', () => {
  expect([press(5, 1, 'j'), press(5, 1, 'ArrowLeft', { shiftKey: true }), press(5, 1, ' ')]).toEqual([
    null,
    null,
    null,
  ]);
});
