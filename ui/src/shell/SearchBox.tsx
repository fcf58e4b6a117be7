import { useRef } from 'preact/hooks';
import { Search } from 'lucide-preact';

import { useKeys } from './keys';
import { useGo } from './useGo';
import styles from './SearchBox.module.css';

/** Finds artifacts, from every page. */
export function SearchBox() {
  const field = useRef<HTMLInputElement>(null);
  const go = useGo();
  useKeys({ '/': { does: 'Search', run: () => field.current?.focus() } });
  const find = (event: SubmitEvent) => {
    event.preventDefault();
    const text = field.current?.value.trim() ?? '';
    go(text ? `/artifacts?q=${encodeURIComponent(text)}` : '/artifacts');
  };
  return (
    <form class={styles.box} role="search" onSubmit={find}>
      <Search size={14} aria-hidden />
      <input ref={field} type="search" aria-label="Search artifacts" placeholder="Search keys and text" />
      <kbd aria-hidden>/</kbd>
    </form>
  );
}
