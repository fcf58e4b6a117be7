import { RotateCcw, Trash2 } from 'lucide-preact';

import type { Version } from '../../api/schema';
import { count, counted } from '../../parts/numbers';
import { Time } from '../../parts/Time';
import { toArtifact, toCompare, toFlowRun, toTaskRun } from '../../shell/addresses';
import { useAt } from '../../shell/at';
import { Link } from '../../shell/Link';
import { useWrites } from './useWrites';
import styles from './VersionRow.module.css';

interface Props {
  of: string;
  version: Version;
  /** The version before it; undefined: not known yet; null: there is none. */
  before: Version | null | undefined;
}

/** A version in a line: what it changed, who wrote it, when, in which run. */
export function VersionRow({ of: key, version, before }: Props) {
  const { id, number, created, deleted_position: deleted } = version;
  return (
    <div class={styles.version} data-deleted={deleted !== null || undefined}>
      <Link class={styles.number} to={placeOf(version)}>
        v{number}
      </Link>
      <span class={styles.change}>
        {deleted === null ? (
          <Summary version={version} isFirst={before === null} />
        ) : (
          <Deleted of={key} version={version} />
        )}
      </span>
      <span class={styles.run}>
        <Run version={version} />
      </span>
      <span class={styles.actor} title={`by ${version.actor}`}>
        by {version.actor}
      </span>
      <span class={styles.time}>
        <Time at={created} />
      </span>
      <span class={styles.ways}>
        {before && (
          <Link
            class={styles.diff}
            to={toCompare(key, stateOf(before), stateOf(version))}
            aria-label={`What v${number} changed`}
          >
            diff
          </Link>
        )}
        {deleted === null && (
          <>
            <Link
              class={styles.raw}
              to={`${toArtifact(id)}?tab=raw`}
              aria-label={`v${number} as it was written`}
            >
              raw
            </Link>
            <Link
              class={styles.blame}
              to={`${toArtifact(id)}?tab=blame`}
              aria-label={`Who changed what in v${number}`}
            >
              blame
            </Link>
          </>
        )}
        <Ways of={key} version={version} />
      </span>
    </div>
  );
}

function Summary({ version, isFirst }: { version: Version; isFirst: boolean }) {
  const {
    summary,
    restored_from: source,
    restored_number: restored,
    is_latest: isLatest,
    version: writes,
  } = version;
  return (
    <>
      <span class={styles.summary} title={summary ?? undefined}>
        {summary ?? 'its data is here no more'}
      </span>
      {isFirst && <span class={styles.badge}>first</span>}
      {isLatest && <span class={styles.badge}>latest</span>}
      {source && (
        <Link class={styles.badge} to={`${toArtifact(source.artifact_id)}?at=${source.position}`}>
          restored from v{restored}
        </Link>
      )}
      {writes > 1 && <span class={styles.quiet}>in {counted(writes, 'write')}</span>}
    </>
  );
}

function Deleted({ of: key, version }: { of: string; version: Version }) {
  return (
    <span>
      deleted by {version.deleted_by} {version.deleted && <Time at={version.deleted} />} (event{' '}
      <Link to={`/events?key=${key}`}>{count(version.deleted_position ?? 0)}</Link>)
    </span>
  );
}

function Run({ version }: { version: Version }) {
  const {
    flow_run_id: flowRun,
    flow_run_name: flowName,
    task_run_id: taskRun,
    task_run_name: taskName,
  } = version;
  return (
    <>
      {flowRun && <Link to={toFlowRun(flowRun)}>{flowName ?? flowRun.slice(0, 8)}</Link>}
      {flowRun && taskRun && ' / '}
      {taskRun && <Link to={toTaskRun(taskRun)}>{taskName ?? taskRun.slice(0, 8)}</Link>}
    </>
  );
}

/** What can be written about a version; in the past, nothing. */
function Ways({ of: key, version }: { of: string; version: Version }) {
  const { id, number, is_latest: isLatest, deleted_position: deleted } = version;
  const at = useAt();
  const { restore, removeVersion } = useWrites(key);
  if (at !== null) return null;
  return (
    <>
      {!isLatest && (
        <button
          type="button"
          class={`quiet ${styles.restore ?? ''}`}
          title="Restore: publish it once more, as the latest"
          aria-label={`Restore v${number}`}
          onClick={() => restore({ artifact_id: id }, `v${number}`)}
        >
          <RotateCcw size={14} aria-hidden />
        </button>
      )}
      {deleted === null && (
        <button
          type="button"
          class={`quiet ${styles.delete ?? ''}`}
          title="Delete this version"
          aria-label={`Delete v${number}`}
          onClick={() => removeVersion(id, number, isLatest)}
        >
          <Trash2 size={14} aria-hidden />
        </button>
      )}
    </>
  );
}

/** Where a version is seen: one that was deleted, as it was just before. */
function placeOf({ id, deleted_position: deleted }: Version): string {
  return deleted === null ? toArtifact(id) : `${toArtifact(id)}?at=${deleted - 1}`;
}

/** How a comparison names the state of a version: of one that was deleted, its last. */
export function stateOf({ number, position, deleted_position: deleted }: Version): string {
  return deleted === null ? String(number) : `${number}@${position}`;
}
