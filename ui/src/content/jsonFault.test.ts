import { expect, test } from 'vitest';

import { jsonFault } from './jsonFault';

test('what is no JSON says where it breaks off', () => {
  expect(jsonFault('{"a": 1,\n "b" 2}')).toMatch(
    /^This begins like JSON, but is none: .*\(line 2, column 6\)\.$/,
  );
  expect(jsonFault('[1, 2')).toMatch(/but is none/);
});

test('JSON has no fault', () => {
  expect(jsonFault('{"a": [1]}')).toBeNull();
});
