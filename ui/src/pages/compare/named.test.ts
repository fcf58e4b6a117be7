import { expect, test } from 'vitest';

import { nameOf, rangeOf } from './named';

const ID = '01a2009e-a1e8-778a-941b-32e9c75ff6e5';

test.each([
  ['37..38', { from: '37', to: '38' }],
  [`${ID}..latest`, { from: ID, to: 'latest' }],
  ['37', null],
  ['..38', null],
  ['1..2..3', null],
])('%s is the range %o', (text, range) => expect(rangeOf(text)).toEqual(range));

test.each([
  ['37', null, 'scores:37'],
  ['v37', null, 'scores:37'],
  ['latest', null, 'scores'],
  [ID, null, ID],
  ['37', 12, 'scores:37@12'],
  [`${ID}@9`, 12, `${ID}@9`],
])('%s at %s is called %s', (part, at, name) => expect(nameOf('scores', part, at)).toBe(name));
