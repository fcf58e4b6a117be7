import type { CollectionFacts } from '../../api/schema';
import { useRead } from '../../api/useRead';
import { Content } from '../../content/Content';
import { MarkdownContent } from '../../content/MarkdownContent';
import type { LogEvent } from '../../live/event';
import { toArtifact } from '../../shell/addresses';
import { Link } from '../../shell/Link';
import styles from './LatestVersion.module.css';

interface Props {
  facts: CollectionFacts;
  isOfKey: (event: LogEvent) => boolean;
}

/** What the key says, in full. */
export function LatestVersion({ facts: { latest_id: id, deleted }, isOfKey }: Props) {
  const { data } = useRead(
    '/ui/artifacts/{artifact_id}',
    { path: { artifact_id: id } },
    { affectedBy: isOfKey },
  );
  if (!data || deleted) return null;
  return (
    <section class={styles.latest} aria-labelledby="latest">
      <h2 id="latest">
        Latest: <Link to={toArtifact(id)}>v{data.number}</Link>
      </h2>
      {data.description && <MarkdownContent facts={data} part="description" />}
      <Content key={id} facts={data} />
    </section>
  );
}
