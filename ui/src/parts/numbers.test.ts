import { expect, test } from 'vitest';

import { counted, size } from './numbers';

test('a count agrees with its noun', () => {
  expect([counted(1, 'version'), counted(1001, 'version'), counted(0, 'key')]).toEqual([
    '1 version',
    '1,001 versions',
    '0 keys',
  ]);
});

test('a size is short', () => {
  expect([0, 999, 1_000, 8_123_456, 214_000_000].map(size)).toEqual([
    '0 bytes',
    '999 bytes',
    '1.0 KB',
    '8.1 MB',
    '214 MB',
  ]);
});
