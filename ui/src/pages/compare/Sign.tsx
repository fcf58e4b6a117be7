import styles from './diff.module.css';

const SIGNS = { added: '+', removed: '−', changed: '~', equal: '=', moved: '↕' } as const;

export type Change = keyof typeof SIGNS;

/** What happened to a line, a row or a value: a sign to see, a word to hear. */
export function Sign({ of }: { of: Change }) {
  return (
    <span class={styles.sign} data-change-is={of} title={of}>
      <span aria-hidden>{SIGNS[of]}</span>
      <span class="hidden">{of}</span>
    </span>
  );
}
