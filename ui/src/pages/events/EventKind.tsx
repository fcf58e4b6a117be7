import styles from './EventKind.module.css';

const TONES: [string, string][] = [
  ['.created', 'good'],
  ['.updated', 'accent'],
  ['.deleted', 'bad'],
  ['fault', 'bad'],
  ['.failed', 'bad'],
  ['.crashed', 'bad'],
  ['erasure', 'warn'],
  ['retention', 'warn'],
  ['.completed', 'good'],
];

/** What happened: the kind of an event, its last word made plain. */
export function EventKind({ kind }: { kind: string }) {
  const cut = kind.lastIndexOf('.') + 1;
  const tone = TONES.find(([part]) => kind.toLowerCase().includes(part))?.[1];
  return (
    <span class={styles.kind} data-tone={tone} title={kind}>
      <span class={styles.family}>{kind.slice(0, cut)}</span>
      {kind.slice(cut)}
    </span>
  );
}
