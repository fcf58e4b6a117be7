import { cellText } from './tableRows';
import styles from './diff.module.css';

/** A value, and what it was before. */
export function Was({ before, after }: { before: unknown; after: unknown }) {
  return (
    <span class={styles.was}>
      <Value of={before} as="del" />
      <span aria-hidden> → </span>
      <Value of={after} as="ins" />
    </span>
  );
}

function Value({ of, as: As }: { of: unknown; as: 'del' | 'ins' }) {
  const text = cellText(of);
  return <As>{text || <i class={styles.quiet}>{of === '' ? 'empty' : 'nothing'}</i>}</As>;
}
