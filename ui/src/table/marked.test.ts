import { expect, test } from 'vitest';

import { marked } from './marked';

test('what is searched for is told from the rest, as it was written', () => {
  expect(marked('Oslo, OSLO', 'osl')).toEqual(['', 'Osl', 'o, ', 'OSL', 'O']);
  expect(marked('Bergen', 'osl')).toEqual(['Bergen']);
});

test('where small letters take another room, nothing is marked wrongly', () => {
  expect(marked('İstanbul', 'stan')).toEqual(['İstanbul']);
});
