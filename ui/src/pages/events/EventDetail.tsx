import type { LogEntry } from '../../api/schema';
import { useRead } from '../../api/useRead';
import { CopyButton } from '../../parts/CopyButton';
import { Fault } from '../../parts/Fault';
import { exact } from '../../parts/moments';
import { Skeleton } from '../../parts/Skeleton';
import { toArtifact, toEvent, toKey } from '../../shell/addresses';
import { Link } from '../../shell/Link';
import { BeforeAfter } from './BeforeAfter';
import { Absence, absenceOf } from './Absence';
import styles from './EventDetail.module.css';

/** An event, opened in its place: as it was written, what it changed, and where it leads. */
export function EventDetail({ position }: { position: number }) {
  const { data, error, refetch } = useRead('/log/{position}', { path: { position } }, { takesAsOf: false });
  if (error) return <Fault error={error} retry={() => void refetch()} />;
  if (!data) return <Skeleton rows={4} />;
  return (
    <div class={styles.detail}>
      <EventActions entry={data} />
      <Facts entry={data} />
      <BeforeAfter entry={data} />
      <section>
        <h2>As it was written</h2>
        <AsWritten entry={data} />
      </section>
    </div>
  );
}

/** Where an event leads; `isHere`: it is shown on its own page. */
export function EventActions({ entry, isHere = false }: { entry: LogEntry; isHere?: boolean }) {
  const { position, key, resource } = entry;
  const artifact = artifactIn(resource);
  // of an artifact itself: its key follows one position later
  const there = artifact ? toArtifact(artifact) : key ? toKey(key) : '/artifacts';
  return (
    <nav class={styles.actions} aria-label={`Event ${position}`}>
      {!isHere && (
        <Link class="button" to={toEvent(entry.occurred, entry.id)}>
          Its own page
        </Link>
      )}
      <Link class="button" to={`${there}?at=${position}`}>
        Go to this position
      </Link>
      {artifact && (
        <Link class="button" to={toArtifact(artifact)}>
          The artifact
        </Link>
      )}
      <CopyButton text={JSON.stringify(entry.event, null, 2)} label="Copy the event" />
    </nav>
  );
}

/** Who, when, from where; and its place. */
export function Facts({ entry }: { entry: LogEntry }) {
  const facts: [string, string][] = [
    ['Happened', exact(entry.occurred)],
    ['Recorded', exact(entry.recorded)],
    ['Actor', entry.actor],
    ['Client', [entry.client, entry.address].filter(Boolean).join(' at ')],
    ['Request', entry.request_id],
    ['Changed', entry.changed.join(', ')],
    ['Stream', `${entry.stream}, version ${entry.version}`],
    ['Event', entry.id],
    ['Hash', entry.hash],
  ];
  return (
    <dl class={styles.facts}>
      {facts.map(
        ([name, value]) =>
          value && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

/** The event as JSON, or why it is not there any more. */
export function AsWritten({ entry }: { entry: LogEntry }) {
  const absence = absenceOf(entry);
  return (
    <>
      {absence && <Absence absence={absence} />}
      <pre class={styles.json} tabIndex={0} aria-label="The event as JSON">
        {JSON.stringify(entry.event, null, 2)}
      </pre>
    </>
  );
}

/** The id of the artifact that a resource is; null: it is none. */
export function artifactIn(resource: string): string | null {
  return /^prefect\.artifact\.([0-9a-f-]{36})$/.exec(resource)?.[1] ?? null;
}
