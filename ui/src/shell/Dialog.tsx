import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

import styles from './Dialog.module.css';

interface Props {
  label: string;
  close: () => void;
  children: ComponentChildren;
}

/** Something in front of the page. Escape, or a click beside it, closes it. */
export function Dialog({ label, close, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      class={styles.dialog}
      aria-label={label}
      onClose={close}
      onClick={(event) => {
        if (event.target === event.currentTarget) event.currentTarget.close();
      }}
    >
      <div class={styles.body}>{children}</div>
    </dialog>
  );
}
