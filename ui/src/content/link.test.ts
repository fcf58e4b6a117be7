import { expect, test } from 'vitest';

import { linkOf } from './link';

test('a link is known in Markdown and by itself, with where it leads', () => {
  expect(linkOf('[the report](https://x.org/a?b#c)')).toEqual({
    href: 'https://x.org/a?b#c',
    text: 'the report',
    host: 'x.org',
    rest: '/a?b#c',
  });
  expect(linkOf(' https://x.org ')).toMatchObject({ host: 'x.org', rest: '' });
  expect(linkOf('[](https://x.org)')).toMatchObject({ text: 'https://x.org' });
  expect(linkOf('[write](mailto:a@x.org)')).toMatchObject({ host: 'a@x.org' });
});

test('what hides where it leads shows it', () => {
  expect(linkOf('[my-bank.com](https://my-bank.com@evil.org/login)')?.host).toBe('evil.org');
});

test.each(['javascript:alert(1)', '[x](javascript:alert(1))', 'data:text/html,x', 'no address', ''])(
  '%s is no link',
  (text) => {
    expect(linkOf(text)).toBeNull();
  },
);
