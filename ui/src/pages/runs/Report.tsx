import { useRead } from '../../api/useRead';
import { MarkdownContent } from '../../content/MarkdownContent';
import { artifactOf } from '../../live/event';
import { toArtifact } from '../../shell/addresses';
import { Link } from '../../shell/Link';
import styles from './Report.module.css';

/** The report that a run published, where no further step is needed to read it. */
export function Report({ artifactId }: { artifactId: string }) {
  const { data: facts } = useRead(
    '/ui/artifacts/{artifact_id}',
    { path: { artifact_id: artifactId } },
    { affectedBy: (event) => artifactOf(event) === artifactId },
  );
  if (facts?.shown_as !== 'markdown') return null;
  return (
    <div class={styles.report}>
      <h2>
        <Link to={toArtifact(artifactId)}>{facts.key ?? 'Report'}</Link>
      </h2>
      <MarkdownContent facts={facts} />
    </div>
  );
}
