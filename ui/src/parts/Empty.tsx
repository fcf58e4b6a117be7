import type { ComponentChildren } from 'preact';

import styles from './Notice.module.css';

/** Says why nothing is shown, and what to do about it. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class={styles.notice}>
      <h2>{title}</h2>
      {children}
    </div>
  );
}
