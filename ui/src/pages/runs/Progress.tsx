import { useRead } from '../../api/useRead';
import { artifactOf } from '../../live/event';
import { toArtifact } from '../../shell/addresses';
import { Link } from '../../shell/Link';
import styles from './Progress.module.css';

/** How far one thing is, live. */
export function Progress({ artifactId }: { artifactId: string }) {
  const { data } = useRead(
    '/ui/artifacts/{artifact_id}',
    { path: { artifact_id: artifactId } },
    { affectedBy: (event) => artifactOf(event) === artifactId },
  );
  const value = data?.preview.kind === 'progress' ? Number(data.preview.value) : null;
  if (!data || value === null) return null;
  const name = data.description ?? data.key ?? 'Progress';
  return (
    <div class={styles.progress}>
      <Link to={toArtifact(artifactId)}>{name}</Link>
      <span>{Math.round(value * 10) / 10}%</span>
      <progress
        max={100}
        value={Math.min(100, Math.max(0, value))}
        aria-label={name}
        data-done={value >= 100 || undefined}
      />
    </div>
  );
}
