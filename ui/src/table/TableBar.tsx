import { Columns3, Search } from 'lucide-preact';
import { useEffect, useRef } from 'preact/hooks';

import { Downloads } from './Downloads';
import { lineOf } from './line';
import { Menu } from './Menu';
import type { Seen } from './useArrangement';
import type { View } from './view';
import styles from './TableBar.module.css';

interface Props {
  seen: Seen;
  view: View;
  setView: (changes: Partial<View>) => void;
  /** Name of a format → address. */
  downloads: Record<string, string>;
}

/** What is seen of a table, and by which search and columns. */
export function TableBar({
  seen: { table, arrangement, arranged, tookMs },
  view,
  setView,
  downloads,
}: Props) {
  const field = useRef<HTMLInputElement>(null);
  useFindKey(field);
  return (
    <div class={styles.bar}>
      <label class={styles.search}>
        <Search size={14} aria-hidden />
        <input
          ref={field}
          type="search"
          aria-label="Search the rows"
          placeholder="Search rows"
          value={view.search}
          onFocus={() => void table.remote.ask('prepare', null)}
          onInput={(event) => setView({ search: event.currentTarget.value, cell: null })}
        />
      </label>
      <p class={styles.line} role="status">
        {lineOf(arranged, arrangement.sort, arrangement.search, tookMs)}
        {table.repeated > 0 && <> · names given twice: the last one counts</>}
      </p>
      <Menu
        label={
          <>
            <Columns3 size={14} aria-hidden /> Columns
            {view.hidden.length > 0 && ` (${view.hidden.length} hidden)`}
          </>
        }
      >
        <ColumnChoice
          seen={arranged}
          isOfLists={table.shape === 'list of lists'}
          view={view}
          setView={setView}
        />
      </Menu>
      <Downloads downloads={downloads} />
    </div>
  );
}

interface ColumnChoiceProps {
  seen: Seen['arranged'];
  isOfLists: boolean;
  view: View;
  setView: Props['setView'];
}

function ColumnChoice({ seen: { headings, hasHeader }, isOfLists, view, setView }: ColumnChoiceProps) {
  const show = (name: string, isShown: boolean) => {
    const others = view.hidden.filter((each) => each !== name);
    setView({ hidden: isShown ? others : [...others, name] });
  };
  const shownCount = headings.filter(({ name }) => !view.hidden.includes(name)).length;
  const isPlain = view.hidden.length === 0 && view.widths.size === 0;
  return (
    <>
      {isOfLists && (
        <label class={styles.choice}>
          <input
            type="checkbox"
            checked={hasHeader}
            onChange={(event) => setView({ header: event.currentTarget.checked })}
          />
          The first row holds the titles
        </label>
      )}
      <fieldset class={styles.columns}>
        <legend>Show</legend>
        {headings.map(({ name, title }) => {
          const isShown = !view.hidden.includes(name);
          return (
            <label key={name} class={styles.choice}>
              <input
                type="checkbox"
                checked={isShown}
                disabled={isShown && shownCount === 1}
                onChange={(event) => show(name, event.currentTarget.checked)}
              />
              {title}
            </label>
          );
        })}
      </fieldset>
      <button type="button" disabled={isPlain} onClick={() => setView({ hidden: [], widths: new Map() })}>
        All columns, as wide as their content
      </button>
    </>
  );
}

/** Ctrl-F finds in all rows, not only in those that exist on the page; pressed again, it is the browser's own. */
function useFindKey(field: { current: HTMLInputElement | null }): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const isFind =
        (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key === 'f';
      if (!isFind || document.activeElement === field.current) return;
      event.preventDefault();
      field.current?.focus();
      field.current?.select();
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, [field]);
}
