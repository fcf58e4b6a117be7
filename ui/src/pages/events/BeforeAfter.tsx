import type { LogEntry } from '../../api/schema';
import { useRead } from '../../api/useRead';
import { Fault } from '../../parts/Fault';
import { counted } from '../../parts/numbers';
import { Skeleton } from '../../parts/Skeleton';
import { toKey } from '../../shell/addresses';
import { Link } from '../../shell/Link';
import { artifactIn } from './EventDetail';
import styles from './BeforeAfter.module.css';

/** What an event has changed of an artifact or of a key: what it said before, and after. */
export function BeforeAfter({ entry }: { entry: LogEntry }) {
  const { kind, key, position } = entry;
  if (!kind.startsWith('prefect.artifact')) return null;
  if (kind.endsWith('.deleted')) {
    return (
      <section>
        <h2>Before and after</h2>
        <p class={styles.said}>
          It is gone from here on.{' '}
          <Link to={key ? `${toKey(key)}?at=${position - 1}` : `/artifacts?at=${position - 1}`}>
            Show it as it was
          </Link>
        </p>
      </section>
    );
  }
  const id = artifactIn(entry.resource);
  if (id === null) return <OfKey position={position} />;
  if (entry.version > 1) return <Change from={`${id}@${position - 1}`} to={`${id}@${position}`} />;
  return key ? <OverVersion artifactKey={key} id={id} position={position} /> : <First />;
}

/** A new version: against the one that was the latest until then. */
function OverVersion({ artifactKey, id, position }: { artifactKey: string; id: string; position: number }) {
  const { data, error } = useRead(
    '/artifacts/{key}/versions',
    { path: { key: artifactKey }, query: { limit: 2, as_of: position } },
    { takesAsOf: false },
  );
  const before = data?.find((each) => each.id !== id);
  if (error) return <Fault error={error} />;
  if (!data) return <Skeleton rows={2} />;
  return before ? <Change from={`${before.id}@${position - 1}`} to={`${id}@${position}`} /> : <First />;
}

function First() {
  return (
    <section>
      <h2>Before and after</h2>
      <p class={styles.said}>Nothing came before: it is the first of its key, or has none.</p>
    </section>
  );
}

/** What an event of a key says follows from that of its artifact, which stands right before. */
function OfKey({ position }: { position: number }) {
  return (
    <section>
      <h2>Before and after</h2>
      <p class={styles.said}>
        It follows from the event of the artifact,{' '}
        <Link to={`/events?open=${position - 1}`}>position {position - 1}</Link>.
      </p>
    </section>
  );
}

function Change({ from, to }: { from: string; to: string }) {
  const query = { from, to };
  const change = useRead('/artifacts/diff', { query: { ...query, limit: 0 } }, { takesAsOf: false });
  const sides = useRead('/ui/sides', { query }, { takesAsOf: false });
  return (
    <section>
      <h2>Before and after</h2>
      {sides.error && <Fault error={sides.error} />}
      {sides.isLoading && <Skeleton rows={2} />}
      {sides.data && (
        <>
          <p class={styles.said}>{change.data?.summary ?? ''}</p>
          <div class={styles.sides}>
            <Side title="Before" side={sides.data.from} />
            <Side title="After" side={sides.data.to} />
          </div>
        </>
      )}
    </section>
  );
}

function Side({ title, side }: { title: string; side: { beginning: string; characters: number } }) {
  const left = side.characters - side.beginning.length;
  return (
    <figure class={styles.side}>
      <figcaption>{title}</figcaption>
      <pre tabIndex={0} aria-label={title}>
        {side.beginning}
      </pre>
      {left > 0 && <p>and {counted(left, 'character')} more</p>}
    </figure>
  );
}
