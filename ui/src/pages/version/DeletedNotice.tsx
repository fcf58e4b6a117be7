import { Trash2 } from 'lucide-preact';

import { write } from '../../api/client';
import type { Facts, Said } from '../../api/schema';
import { Time } from '../../parts/Time';
import { count } from '../../parts/numbers';
import { toArtifact } from '../../shell/addresses';
import { useAt } from '../../shell/at';
import { Link } from '../../shell/Link';
import { useToast } from '../../shell/toasts';
import { useGo } from '../../shell/useGo';
import styles from './DeletedNotice.module.css';

/** Says that this is there no more, and how it comes back. */
export function DeletedNotice({ facts, deleted }: { facts: Facts; deleted: Said }) {
  const isNow = useAt() === null;
  const toast = useToast();
  const go = useGo();
  const restore = () => {
    write('post', '/artifacts/{artifact_id}/restore', { path: { artifact_id: facts.id } }, {})
      .then((made) => {
        toast(
          facts.key === null ? 'Published once more.' : `Published once more, as the latest of ${facts.key}.`,
        );
        go(toArtifact((made as { id: string }).id));
      })
      .catch((error: unknown) => toast((error as Error).message));
  };
  return (
    <div class={styles.notice} role="note">
      <Trash2 size={18} aria-hidden />
      <p>
        Deleted by {deleted.actor}, <Time at={deleted.recorded} ago />, at position {count(deleted.position)}.
        This is what it was last.
      </p>
      <Link class="button" to={`${toArtifact(facts.id)}?at=${deleted.position - 1}`}>
        Show it as it was
      </Link>
      {isNow && facts.absent === null && (
        <button type="button" title="Publish it once more, as a new version" onClick={restore}>
          Restore
        </button>
      )}
    </div>
  );
}
