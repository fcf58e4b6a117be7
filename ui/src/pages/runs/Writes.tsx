import type { RunWrite } from '../../api/schema';
import { exact } from '../../parts/moments';
import { toArtifact, toKey } from '../../shell/addresses';
import { Link } from '../../shell/Link';
import { clock } from '../events/moments';
import styles from './Writes.module.css';

/** All that a run wrote, in order: when, to which version of which key, and what that changed. */
export function Writes({ writes, total }: { writes: RunWrite[]; total: number }) {
  return (
    <section aria-labelledby="writes">
      <h2 id="writes">What it wrote</h2>
      <table class={styles.writes}>
        <caption class="hidden">
          {writes.length} of {total} writes, in order
        </caption>
        <thead>
          <tr>
            <th scope="col">Position</th>
            <th scope="col">Time</th>
            <th scope="col">What</th>
            <th scope="col">Effect</th>
            <th scope="col">Task</th>
          </tr>
        </thead>
        <tbody>
          {writes.map((write) => (
            <Write key={write.position} write={write} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Write({ write }: { write: RunWrite }) {
  const { position, recorded, key, number, artifact_id: id, type, kind } = write;
  const deed = kind.slice(kind.lastIndexOf('.') + 1);
  return (
    <tr>
      <td class={styles.number}>
        <Link to={`/events?run=${write.task_run_id ?? write.flow_run_id ?? ''}&open=${position}`}>
          {position.toLocaleString('en')}
        </Link>
      </td>
      <td>
        <time dateTime={recorded} title={exact(recorded)}>
          {clock(recorded)}
        </time>
      </td>
      <td class={styles.what}>
        {deed === 'created' ? '' : `${deed} `}
        {key ? <Link to={toKey(key)}>{key}</Link> : (type ?? 'artifact')}{' '}
        <Link to={toArtifact(id)} class={styles.version}>
          {number === null ? `…${id.slice(-8)}` : `v${number}`}
        </Link>
      </td>
      <td>{effectOf(write)}</td>
      <td class={styles.quiet}>{write.task_run_name ?? ''}</td>
    </tr>
  );
}

function effectOf({ kind, effect, changed }: RunWrite): string {
  if (kind.endsWith('.deleted')) return 'deleted';
  if (effect === null) return 'its content is there no more';
  if (effect === 'no change' && !changed.includes('data')) return `${changed.join(' and ')} changed`;
  return effect;
}
