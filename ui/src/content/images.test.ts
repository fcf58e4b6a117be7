import { expect, test } from 'vitest';

import { imageAddress } from './images';

test.each([
  ['data:image/png;base64,AAAA', { is: 'inside' }],
  ['https://x.org/a.png', { is: 'elsewhere', host: 'x.org' }],
  ['plot.png', { is: 'elsewhere', host: 'here.org' }],
])('%s can be an image', (text, expected) => {
  expect(imageAddress(text, 'https://here.org/')).toEqual(expected);
});

test.each(['', 'javascript:alert(1)', 'data:text/html,x', 'https://['])('%s is no image', (text) => {
  expect(imageAddress(text, 'https://here.org/').is).toBe('none');
});
