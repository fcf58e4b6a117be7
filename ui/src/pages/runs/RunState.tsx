import styles from './RunState.module.css';

const TONES: Record<string, string> = {
  COMPLETED: 'good',
  FAILED: 'bad',
  CRASHED: 'bad',
  CANCELLED: 'warn',
  CANCELLING: 'warn',
  RUNNING: 'accent',
};

/** The state of a run, as far as it is known. */
export function RunState({ type, name }: { type: string | null; name: string | null }) {
  if (type === null) return <span />;
  return (
    <span class={styles.state} data-tone={TONES[type]}>
      {name ?? type.toLowerCase()}
    </span>
  );
}
