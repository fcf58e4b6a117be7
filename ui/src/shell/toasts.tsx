import { createContext, type ComponentChildren } from 'preact';
import { useCallback, useContext, useState } from 'preact/hooks';
import { X } from 'lucide-preact';

import styles from './toasts.module.css';

const SHOWN_MS = 8_000;

interface Toast {
  id: number;
  text: string;
  action?: { label: string; run: () => void };
}

type Show = (text: string, action?: Toast['action']) => void;

const Context = createContext<Show>(() => undefined);

/** Say in a few words what was done, with a way to undo it where there is one. */
export const useToast = (): Show => useContext(Context);

let lastId = 0;

export function Toasts({ children }: { children: ComponentChildren }) {
  const [toasts, setToasts] = useState<Toast[]>([]);
  const drop = useCallback((id: number) => setToasts((shown) => shown.filter((each) => each.id !== id)), []);
  const show = useCallback<Show>(
    (text, action) => {
      const id = ++lastId;
      setToasts((shown) => [...shown, action ? { id, text, action } : { id, text }]);
      window.setTimeout(() => drop(id), SHOWN_MS);
    },
    [drop],
  );
  return (
    <Context.Provider value={show}>
      {children}
      <div class={styles.toasts} role="status">
        {toasts.map(({ id, text, action }) => (
          <div key={id} class={styles.toast}>
            <span>{text}</span>
            {action && (
              <button
                type="button"
                onClick={() => {
                  drop(id);
                  action.run();
                }}
              >
                {action.label}
              </button>
            )}
            <button type="button" aria-label="Dismiss" class="quiet" onClick={() => drop(id)}>
              <X size={14} aria-hidden />
            </button>
          </div>
        ))}
      </div>
    </Context.Provider>
  );
}
