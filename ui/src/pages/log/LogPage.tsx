import { useRead } from '../../api/useRead';
import { Fault } from '../../parts/Fault';
import { count, size } from '../../parts/numbers';
import { Skeleton } from '../../parts/Skeleton';
import { Time } from '../../parts/Time';
import { useAt } from '../../shell/at';
import { Link } from '../../shell/Link';
import { useTitle } from '../../shell/useTitle';
import type { LogOverview } from '../../api/schema';
import { Checkpoint } from './Checkpoint';
import { Kinds } from './Kinds';
import { Minutes } from './Minutes';
import { Readers } from './Readers';
import { Retention } from './Retention';
import { Verification } from './Verification';
import styles from './LogPage.module.css';

const REFETCH_MS = 1_000;

/** The log at a glance: where it ends, how it grows, who reads it, and whether it is whole. */
export function LogPage() {
  useTitle('Log');
  const at = useAt();
  const { data, error, refetch } = useRead(
    '/ui/log',
    {},
    { affectedBy: () => true, refetchMs: REFETCH_MS, keepsPrevious: true },
  );
  return (
    <div class={styles.page}>
      <h1>Log</h1>
      {at !== null && (
        <p class={styles.quiet}>
          Position and rate are of then. Size, verification, readers, kinds, retention and checkpoint are of
          now.
        </p>
      )}
      {error && <Fault error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton />}
      {data && (
        <>
          <div class={styles.tiles}>
            <Position log={data} />
            <Rate log={data} />
            <Size log={data} />
          </div>
          <Verification />
          <Readers head={data.position} />
          <div class={styles.two}>
            <Kinds position={data.position} />
            <Retention ahead={data.retention} />
          </div>
          <Checkpoint />
        </>
      )}
    </div>
  );
}

function Position({ log: { position, recorded, hash, epoch } }: { log: LogOverview }) {
  return (
    <section class={styles.tile} aria-labelledby="position">
      <h2 id="position">Position</h2>
      <p class={styles.large}>
        <Link to="/events">{count(position)}</Link>
      </p>
      <p class={styles.quiet}>
        {recorded ? (
          <>
            last event <Time at={recorded} ago />, epoch {epoch}
          </>
        ) : (
          'nothing is recorded yet'
        )}
      </p>
      <p class={styles.hash}>
        <code title="The hash of the last event: the chain up to here">{hash}</code>
      </p>
    </section>
  );
}

function Rate({ log: { minutes } }: { log: LogOverview }) {
  const hour = minutes.reduce((sum, each) => sum + each, 0);
  return (
    <section class={styles.tile} aria-labelledby="rate">
      <h2 id="rate">Rate</h2>
      <p class={styles.large}>
        {count(minutes.at(-1) ?? 0)} <small>in the last minute</small>
      </p>
      <p class={styles.quiet}>{count(hour)} in the last hour</p>
      <Minutes minutes={minutes} />
    </section>
  );
}

function Size({ log: { size: database } }: { log: LogOverview }) {
  const whole = Math.max(1, database.size_bytes);
  return (
    <section class={styles.tile} aria-labelledby="size">
      <h2 id="size">Size</h2>
      <p class={styles.large}>{size(database.size_bytes)}</p>
      {database.parts.length === 0 && <p class={styles.quiet}>What takes it up cannot be told.</p>}
      <div class={styles.split} aria-hidden="true">
        {database.parts.map((part, index) => (
          <span key={part.name} data-part={index} style={{ flexGrow: part.size_bytes / whole }} />
        ))}
      </div>
      <ul class={styles.parts}>
        {database.parts.map((part, index) => (
          <li key={part.name} data-part={index}>
            {part.name} <span>{size(part.size_bytes)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
