import type { NumberDiff as Diff } from '../../api/schema';
import styles from './diff.module.css';

const FORMAT = new Intl.NumberFormat('en', { maximumSignificantDigits: 12 });
const SIGNED = new Intl.NumberFormat('en', { maximumSignificantDigits: 6, signDisplay: 'always' });

/** A number and what it was; of a progress, as two bars. */
export function NumberDiff({ diff: { before, after, delta, unit } }: { diff: Diff }) {
  return (
    <div class={styles.numbers} data-step>
      <p>
        <del>{FORMAT.format(before) + unit}</del>
        <span aria-hidden> → </span>
        <ins>{FORMAT.format(after) + unit}</ins>
        <strong class={styles.delta}>
          {SIGNED.format(delta).replace('-', '−')}
          {unit && ' points'}
        </strong>
      </p>
      {unit === '%' && (
        <>
          <Bar label="Before" value={before} />
          <Bar label="After" value={after} />
        </>
      )}
    </div>
  );
}

function Bar({ label, value }: { label: string; value: number }) {
  return (
    <label class={styles.meter}>
      <span>{label}</span>
      <progress max={100} value={Math.min(100, Math.max(0, value))} />
    </label>
  );
}
