import { useId, useState } from 'preact/hooks';
import { useQuery } from '@tanstack/react-query';

import { ask, addressOf } from '../api/client';
import { Dialog } from './Dialog';
import { toKey } from './addresses';
import { useAt } from './at';
import { spelled, takenKeys } from './keys';
import { PLACES } from './Rail';
import { useGo } from './useGo';
import styles from './Palette.module.css';

const KEYS_SHOWN = 8;
/** These do what the palette does, and what its pages do. */
const [OWN_KEY, GOES] = ['mod+k', 'g '];

interface Command {
  label: string;
  hint: string;
  run: () => void;
}

/** Finds a page, a key or an action by a few letters. */
export function Palette({ close }: { close: () => void }) {
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState(0);
  const list = useId();
  const commands = useCommands(text);
  const run = (command: Command | undefined) => {
    if (!command) return;
    close();
    command.run();
  };
  const press = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      setChosen((chosen + step + commands.length) % Math.max(1, commands.length));
    }
    if (event.key === 'Enter') run(commands[chosen]);
  };
  return (
    <Dialog label="Find a page, a key or an action" close={close}>
      <input
        class={styles.field}
        role="combobox"
        aria-expanded
        aria-controls={list}
        aria-activedescendant={commands.length ? `${list}-${chosen}` : undefined}
        aria-label="Find"
        placeholder="Find a page, a key or an action"
        value={text}
        autoFocus
        onInput={(event) => {
          setText(event.currentTarget.value);
          setChosen(0);
        }}
        onKeyDown={press}
      />
      <ul id={list} role="listbox" aria-label="Found" class={styles.list}>
        {commands.map((command, index) => (
          <li
            key={command.hint + command.label}
            id={`${list}-${index}`}
            role="option"
            aria-selected={index === chosen}
            onClick={() => run(command)}
            onPointerMove={() => setChosen(index)}
          >
            <span>{command.label}</span>
            <span class={styles.hint}>{command.hint}</span>
          </li>
        ))}
      </ul>
      {commands.length === 0 && (
        <p class={styles.hint}>Nothing is called so. Press Enter in the search box for text.</p>
      )}
    </Dialog>
  );
}

function useCommands(text: string): Command[] {
  const go = useGo();
  const at = useAt();
  const { data: keys = [] } = useQuery({
    queryKey: ['palette', text, at],
    queryFn: ({ signal }) => keysLike(text, at, signal),
    enabled: text.trim() !== '',
    staleTime: 5_000,
  });
  const pages = PLACES.map(({ to, label }) => ({ label, hint: 'page', run: () => go(to) }));
  const actions = Object.entries(takenKeys())
    .filter(([name]) => name !== OWN_KEY && !name.startsWith(GOES))
    .map(([name, { does, run }]) => ({
      label: does,
      hint: spelled(name),
      run: () => run(new KeyboardEvent('keydown')),
    }));
  const wanted = text.trim().toLowerCase();
  const found = keys.map((key) => ({ label: key, hint: 'key', run: () => go(toKey(key)) }));
  return [...found, ...[...pages, ...actions].filter(({ label }) => label.toLowerCase().includes(wanted))];
}

async function keysLike(text: string, at: number | null, signal: AbortSignal): Promise<string[]> {
  const body = { artifacts: { key: { like_: text.trim() } }, limit: KEYS_SHOWN };
  const address = addressOf('/artifacts/latest/filter', { query: { as_of: at } });
  const answer = await ask('post', address, JSON.stringify(body), signal);
  return ((await answer.json()) as { key: string }[]).map(({ key }) => key);
}
