import { RotateCcw, Trash2 } from 'lucide-preact';

import type { CollectionFacts, Deletion } from '../../api/schema';
import { count } from '../../parts/numbers';
import { Time } from '../../parts/Time';
import { toKey } from '../../shell/addresses';
import { useAt } from '../../shell/at';
import { Link } from '../../shell/Link';
import styles from './DeletedKey.module.css';
import { useWrites } from './useWrites';

/** Says when a key was deleted, and by whom; and the ways back. */
export function DeletedKey({ facts, deletion }: { facts: CollectionFacts; deletion: Deletion }) {
  const { key, position, versions } = facts;
  const at = useAt();
  const { restore } = useWrites(key);
  return (
    <section class={styles.notice} aria-label="Deleted">
      <Trash2 size={18} aria-hidden />
      <p>
        Deleted by <strong>{deletion.actor}</strong> <Time at={deletion.recorded} ago /> (event{' '}
        <Link to={`/events?key=${key}`}>{count(deletion.position)}</Link>). All that it said is still on
        record: what it said last can be published once more, as a new version
        {versions > 1 && ', and so can each version below'}.
      </p>
      <div class={styles.ways}>
        <Link to={`${toKey(key)}?at=${position}`} class="button">
          Show it as it was
        </Link>
        {at === null && (
          <button
            type="button"
            class="primary"
            onClick={() => restore({ as_of: position }, `What ${key} said last`)}
          >
            <RotateCcw size={14} aria-hidden /> {versions > 1 ? 'Restore the latest' : 'Restore'}
          </button>
        )}
      </div>
    </section>
  );
}
