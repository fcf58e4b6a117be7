import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

import styles from './Menu.module.css';

interface Props {
  label: ComponentChildren;
  children: ComponentChildren;
}

/** What a button opens below itself. A click elsewhere, or Escape, closes it. */
export function Menu({ label, children }: Props) {
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const close = (event: Event) => {
      const { current } = menu;
      const isEscape = event instanceof KeyboardEvent && event.key === 'Escape';
      const isElsewhere = event.type === 'pointerdown' && !current?.contains(event.target as Node);
      if (!current?.open || !(isEscape || isElsewhere)) return;
      current.open = false;
      if (isEscape) {
        event.preventDefault();
        current.querySelector('summary')?.focus();
      }
    };
    document.addEventListener('pointerdown', close);
    document.addEventListener('keydown', close);
    return () => {
      document.removeEventListener('pointerdown', close);
      document.removeEventListener('keydown', close);
    };
  }, []);
  return (
    <details ref={menu} class={styles.menu}>
      <summary class="button">{label}</summary>
      <div class={styles.content}>{children}</div>
    </details>
  );
}
