import { useState } from 'preact/hooks';
import { useParams as usePathParams } from 'wouter-preact';
import { ShieldCheck, ShieldX } from 'lucide-preact';

import type { EventProofShown, LogEntry } from '../../api/schema';
import { useRead } from '../../api/useRead';
import { Empty } from '../../parts/Empty';
import { Fault } from '../../parts/Fault';
import { Skeleton } from '../../parts/Skeleton';
import { Time } from '../../parts/Time';
import { toEvent } from '../../shell/addresses';
import { useKeys } from '../../shell/keys';
import { Link } from '../../shell/Link';
import { useGo } from '../../shell/useGo';
import { useTitle } from '../../shell/useTitle';
import { BeforeAfter } from './BeforeAfter';
import { AsWritten, EventActions, Facts } from './EventDetail';
import { EventKind } from './EventKind';
import { sha256 } from './sha256';
import styles from './EventPage.module.css';

/** One event: all that was recorded of it, what it changed, and its link in the chain. */
export function EventPage() {
  const { id } = usePathParams<{ date: string; id: string }>();
  const filter = JSON.stringify({ id: { id: [id] } });
  const { data, error, refetch } = useRead('/log', { query: { filter } }, { takesAsOf: false });
  const position = data?.events[0]?.position;
  if (error) return <Unread id={id} error={error} retry={() => void refetch()} />;
  if (!data) return <Skeleton />;
  if (position === undefined) return <Unknown id={id} />;
  return <Known id={id} position={position} />;
}

function Unknown({ id }: { id: string }) {
  useTitle('No such event');
  return (
    <>
      <h1>No such event</h1>
      <Empty title={`The log has no event with the id ${id}`}>
        <p>It may be in another log, or in the Prefect server behind this one.</p>
        <Link to="/events">All events</Link>
      </Empty>
    </>
  );
}

/** It cannot be read now, and why. */
function Unread({ id, error, retry }: { id: string; error: Error; retry: () => void }) {
  useTitle(`Event ${id}`);
  return (
    <>
      <h1>Event {id}</h1>
      <Fault error={error} retry={retry} />
    </>
  );
}

function Known({ id, position }: { id: string; position: number }) {
  const {
    data: entry,
    error,
    refetch,
  } = useRead('/log/{position}', { path: { position } }, { takesAsOf: false });
  const { data: head } = useRead('/log/head', {}, { takesAsOf: false });
  useTitle(entry ? `Event ${position}, ${entry.kind}` : `Event ${position}`);
  if (error) return <Unread id={id} error={error} retry={() => void refetch()} />;
  if (!entry) return <Skeleton />;
  return (
    <article class={styles.page}>
      <header class={styles.head}>
        <h1>
          <EventKind kind={entry.kind} />
        </h1>
        <span class={styles.said}>
          position {position.toLocaleString('en')} · <Time at={entry.recorded} ago />
        </span>
        <Neighbours position={position} head={head?.position ?? position} />
      </header>
      <EventActions entry={entry} isHere />
      <Facts entry={entry} />
      <BeforeAfter entry={entry} />
      <Related entry={entry} />
      <section>
        <h2>As it was written</h2>
        <AsWritten entry={entry} />
      </section>
      <Chain position={position} />
    </article>
  );
}

/** The events before and after, `[` and `]` away. */
function Neighbours({ position, head }: { position: number; head: number }) {
  const go = useGo();
  const before = useRead(
    '/log/{position}',
    { path: { position: position - 1 } },
    { takesAsOf: false, enabled: position > 1 },
  );
  const after = useRead(
    '/log/{position}',
    { path: { position: position + 1 } },
    { takesAsOf: false, enabled: position < head },
  );
  const step = (to: LogEntry | undefined) => to && go(toEvent(to.occurred, to.id));
  useKeys({
    '[': { does: 'The event before', run: () => step(before.data) },
    ']': { does: 'The event after', run: () => step(after.data) },
  });
  return (
    <nav class={styles.neighbours} aria-label="Neighbours">
      {before.data && <Link to={toEvent(before.data.occurred, before.data.id)}>‹ {position - 1}</Link>}
      {after.data && <Link to={toEvent(after.data.occurred, after.data.id)}>{position + 1} ›</Link>}
    </nav>
  );
}

/** What the event is about, and what else it touches, by their labels. */
function Related({ entry }: { entry: LogEntry }) {
  const { resource, related } = entry.event as unknown as {
    resource: Record<string, string>;
    related: Record<string, string>[];
  };
  return (
    <section>
      <h2>Resource and related</h2>
      <ul class={styles.related}>
        {[resource, ...related].map((labels, index) => (
          <li key={index}>
            <strong>{index === 0 ? 'resource' : (labels['prefect.resource.role'] ?? 'related')}</strong>{' '}
            <code>{labels['prefect.resource.id']}</code>
            <ul>
              {Object.entries(labels)
                .filter(([name]) => name !== 'prefect.resource.id' && name !== 'prefect.resource.role')
                .map(([name, value]) => (
                  <li key={name}>
                    {name}: {value}
                  </li>
                ))}
            </ul>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The hash of the event and of the one before, and whether the one follows from the other. */
function Chain({ position }: { position: number }) {
  const { data: proof, error } = useRead(
    '/log/{position}/proof',
    { path: { position } },
    { takesAsOf: false },
  );
  return (
    <section class={styles.chain}>
      <h2>Its link in the chain</h2>
      {error && <Fault error={error} />}
      {proof && (
        <>
          <dl>
            <dt>Hash before</dt>
            <dd>
              <code>{proof.hash_before}</code>
            </dd>
            <dt>Header</dt>
            <dd>
              <code>{proof.header}</code>
            </dd>
            <dt>Hash</dt>
            <dd>
              <code>{proof.hash}</code>
            </dd>
          </dl>
          <Check proof={proof} />
        </>
      )}
    </section>
  );
}

/** Works the hash out in this browser. */
function Check({ proof }: { proof: EventProofShown }) {
  const [holds, setHolds] = useState<boolean | null>(null);
  const check = () =>
    void sha256(proof.hash_before, proof.header).then((hash) => setHolds(hash === proof.hash));
  return (
    <p class={styles.check}>
      <button type="button" onClick={check}>
        Check it here
      </button>
      <span role="status">
        {holds === true && (
          <>
            <ShieldCheck size={16} aria-hidden /> SHA-256 of the hash before and the header is the hash.
          </>
        )}
        {holds === false && (
          <>
            <ShieldX size={16} aria-hidden /> SHA-256 of the hash before and the header is another hash.
          </>
        )}
      </span>
    </p>
  );
}
