import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

import { useAt } from './at';
import { Help } from './Help';
import { listenForKeys, useKeys } from './keys';
import { Link } from './Link';
import { LiveLight } from './LiveLight';
import { Palette } from './Palette';
import { PLACES, Rail } from './Rail';
import { SearchBox } from './SearchBox';
import { ThemeSwitch } from './ThemeSwitch';
import { TimeMachine } from './TimeMachine';
import { useGo } from './useGo';
import styles from './Shell.module.css';

/** What is around every page. */
export function Shell({ children }: { children: ComponentChildren }) {
  const at = useAt();
  const go = useGo();
  const [open, setOpen] = useState<'palette' | 'help' | null>(null);
  useLayoutEffect(listenForKeys, []);
  useKeys({
    ...Object.fromEntries(
      PLACES.map(({ to, label, key }) => [key, { does: `Go to ${label}`, run: () => go(to) }]),
    ),
    'mod+k': { does: 'Find a page, a key or an action', run: () => setOpen('palette') },
    '?': { does: 'Show this help', run: () => setOpen('help') },
  });
  const close = () => setOpen(null);
  return (
    <div class={styles.shell} data-past={at !== null || undefined}>
      <a class={styles.skip} href="#content">
        Skip to the content
      </a>
      <header class={styles.top}>
        <Link to="/artifacts" class={styles.name}>
          Digsite
        </Link>
        <SearchBox />
        <LiveLight />
        <ThemeSwitch />
      </header>
      <Rail />
      <main id="content" class={styles.content} tabIndex={-1}>
        <TimeMachine />
        {children}
      </main>
      {open === 'palette' && <Palette close={close} />}
      {open === 'help' && <Help close={close} />}
    </div>
  );
}
