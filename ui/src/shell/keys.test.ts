import { expect, test } from 'vitest';

import { nameOf } from './keys';

const NONE = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };

test('a key is named as it is pressed', () => {
  const pressed = [
    { ...NONE, key: 'j' },
    { ...NONE, key: ' ' },
    { ...NONE, key: 'k', metaKey: true },
    { ...NONE, key: 'k', ctrlKey: true },
    { ...NONE, key: 'ArrowLeft', shiftKey: true },
    { ...NONE, key: '{', shiftKey: true },
  ];
  expect(pressed.map(nameOf)).toEqual(['j', 'Space', 'mod+k', 'mod+k', 'Shift+ArrowLeft', '{']);
});
