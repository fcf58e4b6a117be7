import { ChevronDown, ChevronRight } from 'lucide-preact';

import type { SizedEntry } from '../../api/schema';
import { size } from '../../parts/numbers';
import { exact } from '../../parts/moments';
import { toFlowRun, toKey, toTaskRun } from '../../shell/addresses';
import { Link } from '../../shell/Link';
import { EventDetail } from './EventDetail';
import { EventKind } from './EventKind';
import { clock } from './moments';
import styles from './EventRow.module.css';

interface Props {
  entry: SizedEntry;
  isOpen: boolean;
  toggle: () => void;
}

/** An event in one line; in place, all of it. */
export function EventRow({ entry, isOpen, toggle }: Props) {
  const Chevron = isOpen ? ChevronDown : ChevronRight;
  const { position, recorded, kind, key, name, resource, actor } = entry;
  return (
    <article class={styles.event} data-open={isOpen || undefined} data-position={position}>
      <div class={styles.row} onClick={(event) => isPlain(event) && toggle()}>
        <button
          type="button"
          class={styles.position}
          aria-expanded={isOpen}
          aria-label={`Event ${position}, ${kind}`}
          data-row
          onClick={toggle}
        >
          <Chevron size={14} aria-hidden />
          {position.toLocaleString('en')}
        </button>
        <time class={styles.time} dateTime={recorded} title={exact(recorded)}>
          {clock(recorded)}
        </time>
        <EventKind kind={kind} />
        <span class={styles.key} title={key ?? name ?? resource}>
          {key ? <Link to={toKey(key)}>{key}</Link> : <span class={styles.quiet}>{name ?? resource}</span>}
        </span>
        <span class={styles.actor} title={actor}>
          {actor}
        </span>
        <span class={styles.run}>
          <Run entry={entry} />
        </span>
        <span class={styles.size}>{sizeOf(entry)}</span>
      </div>
      {isOpen && <EventDetail position={position} />}
    </article>
  );
}

function Run({ entry: { flow_run_id, flow_run_name, task_run_id, task_run_name } }: { entry: SizedEntry }) {
  if (flow_run_id) return <Link to={toFlowRun(flow_run_id)}>{flow_run_name ?? flow_run_id.slice(0, 8)}</Link>;
  if (task_run_id) return <Link to={toTaskRun(task_run_id)}>{task_run_name ?? task_run_id.slice(0, 8)}</Link>;
  return null;
}

function sizeOf({ size_bytes: bytes }: SizedEntry): string {
  if (bytes === null) return 'gone';
  return bytes === 0 ? '' : size(bytes);
}

/** Whether a click was on the row itself, and chose no text. */
function isPlain({ target }: MouseEvent): boolean {
  return !(target as Element).closest('a, button') && window.getSelection()?.isCollapsed !== false;
}
