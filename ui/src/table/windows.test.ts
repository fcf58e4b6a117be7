import { expect, test } from 'vitest';

import type { Window } from './protocol';
import { Windows } from './windows';

const ROWS = 10;

/** Windows whose answers come when they are let. */
function slow(height = 1000) {
  const asked: number[] = [];
  const answers: (() => void)[] = [];
  let changes = 0;
  const fetch = (from: number): Promise<Window> => {
    asked.push(from);
    return new Promise((resolve) => {
      const rows = Uint32Array.from({ length: Math.min(ROWS, height - from) }, (_, n) => from + n);
      answers.push(() =>
        resolve({ from, rows, texts: Array.from(rows, String), kinds: new Uint8Array(rows.length) }),
      );
    });
  };
  const windows = new Windows(ROWS, height, fetch, () => changes++);
  const settle = async () => {
    while (answers.length) {
      answers.splice(0).forEach((each) => each());
      await Promise.resolve();
      await Promise.resolve();
    }
  };
  return { windows, asked, settle, changes: () => changes };
}

test('what is shown comes first, then what comes next on the way', async () => {
  const { windows, asked, settle } = slow();
  windows.show(25, 44);
  await settle();
  expect(asked).toEqual([20, 30, 40, 50, 60, 70, 10]);
  expect([windows.row(33)?.texts, windows.row(33)?.number]).toEqual([['33'], 33]);
  expect(windows.row(99)).toBeUndefined();
});

test('on the way up the next ones are above', async () => {
  const { windows, asked, settle } = slow();
  windows.show(500, 509);
  await settle();
  windows.show(480, 489);
  await settle();
  expect(asked.slice(-3)).toEqual([470, 460, 450]);
});

test('nothing is asked for beyond the rows', async () => {
  const { windows, asked, settle } = slow(15);
  windows.show(0, 14);
  await settle();
  expect(asked).toEqual([0, 10]);
});

test('who has moved on does not wait for what was passed', async () => {
  const { windows, asked, settle } = slow();
  windows.show(0, 9);
  windows.show(500, 509);
  await settle();
  expect(asked.slice(0, 3)).toEqual([0, 10, 500]);
});

test('what was left long ago is let go, and fetched again', async () => {
  const { windows, settle } = slow(10_000);
  for (let top = 0; top < 1000; top += 10) {
    windows.show(top, top + 9);
    await settle();
  }
  expect(windows.row(0)).toBeUndefined();
  windows.show(0, 9);
  await settle();
  expect(windows.row(0)?.number).toBe(0);
});
