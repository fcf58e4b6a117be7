import type { PathChange, TreeDiff as Diff } from '../../api/schema';
import { Sign } from './Sign';
import { steps } from './paths';
import { cellText } from './tableRows';
import { Was } from './Was';
import styles from './diff.module.css';

/** The places in a value that came, went, or changed. */
export function JsonDiff({ diff: { changes }, label }: { diff: Diff; label: string }) {
  return (
    <ul class={styles.paths} aria-label={label}>
      {changes.paths.map((change, index) => (
        <li key={index} data-is={change.kind} data-step>
          <Sign of={change.kind} />
          <Path of={change} />
          <span class={styles.value}>
            <Value of={change} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function Path({ of }: { of: PathChange }) {
  const path = of.after_path ?? of.before_path ?? '';
  return (
    <code class={styles.path} title={path}>
      {steps(path).map((step, index) => (
        <span key={index}>{step}</span>
      ))}
    </code>
  );
}

function Value({ of: { kind, before, after } }: { of: PathChange }) {
  if (kind === 'changed') return <Was before={before} after={after} />;
  return kind === 'added' ? <ins>{cellText(after)}</ins> : <del>{cellText(before)}</del>;
}
