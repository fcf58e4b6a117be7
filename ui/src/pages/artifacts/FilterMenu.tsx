import { ChevronDown } from 'lucide-preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';

import { count } from '../../parts/numbers';
import styles from './FilterMenu.module.css';

interface Props {
  label: string;
  /** What there is to choose from, and how many cards each would show. */
  options: readonly { name: string; count: number }[];
  chosen: readonly string[];
  choose: (names: string[]) => void;
}

/** A filter by names, of which several may be chosen. */
export function FilterMenu({ label, options, chosen, choose }: Props) {
  const [isOpen, setOpen] = useState(false);
  const menu = useRef<HTMLDivElement>(null);
  const id = useId();
  useEffect(() => {
    if (!isOpen) return;
    const leave = (event: Event) => {
      if (!(event.target instanceof Node && menu.current?.contains(event.target))) setOpen(false);
    };
    document.addEventListener('pointerdown', leave);
    document.addEventListener('focusin', leave);
    return () => {
      document.removeEventListener('pointerdown', leave);
      document.removeEventListener('focusin', leave);
    };
  }, [isOpen]);
  const gone = chosen.filter((name) => !options.some((each) => each.name === name));
  const shown = [...options, ...gone.map((name) => ({ name, count: 0 }))];
  const toggle = (name: string) =>
    choose(chosen.includes(name) ? chosen.filter((each) => each !== name) : [...chosen, name]);
  return (
    <div
      ref={menu}
      class={styles.menu}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !isOpen) return;
        event.stopPropagation();
        setOpen(false);
        menu.current?.querySelector('button')?.focus();
      }}
    >
      <button
        type="button"
        aria-expanded={isOpen}
        aria-controls={id}
        data-chosen={chosen.length > 0 || undefined}
        onClick={() => setOpen(!isOpen)}
      >
        <span class={styles.chosen}>{chosen.length ? `${label}: ${chosen.join(', ')}` : label}</span>
        <ChevronDown size={13} aria-hidden />
      </button>
      {isOpen && (
        <div id={id} class={styles.options} role="group" aria-label={label}>
          {shown.length === 0 && <p>There is none.</p>}
          {shown.map((option) => (
            <label key={option.name}>
              <input
                type="checkbox"
                checked={chosen.includes(option.name)}
                onChange={() => toggle(option.name)}
              />
              <span class={styles.name}>{option.name}</span>
              <span class={styles.count}>{count(option.count)}</span>
            </label>
          ))}
        </div>
      )}
    </div>
  );
}
