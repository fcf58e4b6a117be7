import { useEffect, useState } from 'preact/hooks';

import styles from './Skeleton.module.css';

const SHOWN_AFTER_MS = 150;

/** Stands for what is on its way; what comes at once needs none. */
export function Skeleton({ rows = 8 }: { rows?: number }) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = window.setTimeout(() => setShown(true), SHOWN_AFTER_MS);
    return () => window.clearTimeout(timer);
  }, []);
  return (
    <div aria-busy="true" class={styles.skeleton}>
      {shown && Array.from({ length: rows }, (_, index) => <div key={index} class={styles.row} />)}
    </div>
  );
}
