import { expect, test } from 'vitest';

import { pretty } from './pretty';

test('nested values stand on lines of their own, numbers as they were sent', () => {
  expect(pretty('{"a":[1.0, {"b":NaN}],"c":{},"d":[]}')).toBe(
    '{\n  "a": [\n    1.0,\n    {\n      "b": NaN\n    }\n  ],\n  "c": {},\n  "d": []\n}',
  );
});

test('what a text holds is left alone', () => {
  expect(pretty('["a,b: {\\"c\\"}", ""]')).toBe('[\n  "a,b: {\\"c\\"}",\n  ""\n]');
});

test('it is still the same JSON', () => {
  const value = { a: [1, 'x\n"y"', null, true, [[], {}]], 'b c': { d: -1.5e-7 } };
  expect(JSON.parse(pretty(JSON.stringify(value)))).toEqual(value);
});
