import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { Search, X } from 'lucide-preact';

import { useParams } from '../../shell/params';
import { ASKABLE } from './filter';
import { stretch } from './moments';
import styles from './Filters.module.css';

const TYPED_MS = 250;

const FIELDS = [
  { name: 'kind', label: 'Kind', hint: 'prefect.artifact.' },
  { name: 'key', label: 'Key', hint: 'daily-report' },
  { name: 'actor', label: 'Actor', hint: 'anonymous' },
  { name: 'run', label: 'Run', hint: 'id of a run' },
] as const;

/** What of the log is shown. What is typed is asked at once, and is in the address. */
export function Filters({ kinds }: { kinds: string[] }) {
  const { get, set } = useParams();
  const list = useId();
  const [since, until] = [get('since'), get('until')];
  const isAsking = ASKABLE.some((name) => get(name));
  return (
    <form
      role="search"
      aria-label="Filter events"
      class={styles.filters}
      onSubmit={(event) => event.preventDefault()}
    >
      <label class={styles.search}>
        <Search size={14} aria-hidden />
        <span class="hidden">Text in events</span>
        <Field name="q" hint="Search in events…" />
      </label>
      {FIELDS.map(({ name, label, hint }) => (
        <label key={name} class={styles.field}>
          <span>{label}</span>
          <Field name={name} hint={hint} list={name === 'kind' ? list : undefined} />
        </label>
      ))}
      <datalist id={list}>
        {kinds.map((kind) => (
          <option key={kind} value={kind} />
        ))}
      </datalist>
      {(since ?? until) && (
        <button type="button" class={styles.stretch} onClick={() => set({ since: null, until: null })}>
          {since && until ? stretch(new Date(since), new Date(until)) : (since ?? until)}
          <X size={14} role="img" aria-label="show all times" />
        </button>
      )}
      {isAsking && (
        <button
          type="button"
          class="quiet"
          onClick={() => set(Object.fromEntries(ASKABLE.map((name) => [name, null])))}
        >
          Clear
        </button>
      )}
    </form>
  );
}

function Field({ name, hint, list }: { name: string; hint: string; list?: string | undefined }) {
  const { get, set } = useParams();
  const asked = get(name) ?? '';
  const [text, setText] = useState(asked);
  const timer = useRef<number | undefined>(undefined);
  const typed = (value: string) => {
    setText(value);
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(
      () => set({ [name]: value.trim() || null }, { replace: true }),
      TYPED_MS,
    );
  };
  useEffect(() => setText(asked), [asked]);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  return (
    <input
      type="search"
      value={text}
      placeholder={hint}
      list={list}
      autoComplete="off"
      spellcheck={false}
      maxLength={200}
      onInput={({ currentTarget }) => typed(currentTarget.value)}
    />
  );
}
