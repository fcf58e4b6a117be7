import { toCompare } from '../../shell/addresses';
import { Link } from '../../shell/Link';
import { Comparison } from './Comparison';
import { useComparison } from './useComparison';
import styles from './diff.module.css';

export interface TabProps {
  artifactId: string;
  artifactKey: string | null;
  /** The position as of which it is shown; null: now. */
  at: number | null;
}

/** What the last change to an artifact changed. */
export default function DiffTab({ artifactId, artifactKey, at }: TabProps) {
  const named = { from: null, to: at === null ? artifactId : `${artifactId}@${at}` };
  const { data } = useComparison(named);
  const isInPlace = data?.from.id === data?.to.id;
  return (
    <div class={styles.compared}>
      {data && (
        <p class={styles.quiet}>
          {isInPlace
            ? 'Compared with what it was before it was changed in place.'
            : 'Compared with the version before it.'}{' '}
          {artifactKey !== null && !isInPlace && (
            <Link to={toCompare(artifactKey, data.from.id, data.to.id)}>Compare with others</Link>
          )}
        </p>
      )}
      <Comparison named={named} />
    </div>
  );
}
