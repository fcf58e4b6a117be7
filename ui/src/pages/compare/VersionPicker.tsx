import { useRead } from '../../api/useRead';
import { Time } from '../../parts/Time';
import { toArtifact } from '../../shell/addresses';
import { Link } from '../../shell/Link';
import { versionOf } from './versions';
import styles from './ComparePage.module.css';

/** How many versions can be chosen from: the newest. */
const SHOWN = 100;

interface Props {
  artifactKey: string;
  label: string;
  /** The version, as the address names it. */
  part: string;
  pick: (part: string) => void;
}

/** One of the two that are compared: which version it is, who wrote it, and others to choose. */
export function VersionPicker({ artifactKey, label, part, pick }: Props) {
  const { data, error } = useRead('/artifacts/{key}/versions', {
    path: { key: artifactKey },
    query: { deleted: true, limit: SHOWN },
  });
  const versions = data ?? [];
  const version = versionOf(versions, part);
  return (
    <div class={styles.version} aria-busy={!data && !error}>
      <label>
        <span>{label}</span>
        <select
          value={version ? String(version.number) : part}
          onChange={(event) => pick(event.currentTarget.value)}
        >
          {!version && <option value={part}>{/^\d+$/.test(part) ? `v${part}` : part}</option>}
          {versions.map((each) => (
            <option key={each.id} value={String(each.number)}>
              v{each.number}
              {each.is_latest ? ', the latest' : ''}
              {each.deleted_position === null ? '' : ', deleted'}
            </option>
          ))}
        </select>
      </label>
      {version && (
        <p>
          <Link to={toArtifact(version.id)}>v{version.number}</Link> by {version.actor}{' '}
          <Time at={version.created} ago />
          {version.flow_run_name && `, in ${version.flow_run_name}`}
        </p>
      )}
    </div>
  );
}
