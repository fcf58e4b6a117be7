import { Download, GitCompareArrows, Link2, Trash2 } from 'lucide-preact';

import { addressOf } from '../../api/client';
import type { CollectionFacts } from '../../api/schema';
import { useRead } from '../../api/useRead';
import { DownloadLink } from '../../parts/DownloadLink';
import { toCompare } from '../../shell/addresses';
import { useAt } from '../../shell/at';
import { useKeys } from '../../shell/keys';
import { Link } from '../../shell/Link';
import { useToast } from '../../shell/toasts';
import styles from './KeyActions.module.css';
import { useWrites } from './useWrites';

/** What can be done with a key. In the past nothing is written. */
export function KeyActions({ facts }: { facts: CollectionFacts }) {
  const { key, versions, latest_id: id, position, deleted } = facts;
  const at = useAt();
  const toast = useToast();
  const { remove } = useWrites(key);
  const { data: latest } = useRead('/ui/artifacts/{artifact_id}', { path: { artifact_id: id } });
  const copy = () =>
    void navigator.clipboard.writeText(window.location.href).then(
      () => toast('The link is copied.'),
      () => toast('The browser did not let the link be copied.'),
    );
  useKeys({ c: { does: 'Copy the link to this page', run: copy } });
  const data = addressOf('/ui/artifacts/{artifact_id}/data', {
    path: { artifact_id: id },
    query: { download: true, as_of: at },
  });
  return (
    <div class={styles.actions}>
      <button type="button" onClick={copy}>
        <Link2 size={14} aria-hidden /> Copy link
      </button>
      {latest?.previous_id && (
        <Link to={toCompare(key, latest.previous_id, id)} class="button">
          <GitCompareArrows size={14} aria-hidden /> Compare
        </Link>
      )}
      {!deleted && (
        <DownloadLink address={data}>
          <Download size={14} aria-hidden /> Download
        </DownloadLink>
      )}
      {!deleted && at === null && (
        <button type="button" onClick={() => remove(versions, position)}>
          <Trash2 size={14} aria-hidden /> Delete
        </button>
      )}
    </div>
  );
}
