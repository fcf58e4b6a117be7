import { useInfiniteQuery } from '@tanstack/react-query';

import { read } from '../../api/client';
import type { Facts } from '../../api/schema';
import { Fault } from '../../parts/Fault';
import { Skeleton } from '../../parts/Skeleton';
import { Time } from '../../parts/Time';
import { count } from '../../parts/numbers';
import { toEvent } from '../../shell/addresses';
import { useAt } from '../../shell/at';
import { Link } from '../../shell/Link';
import styles from './EventsTab.module.css';

const PAGE = 50;

/** What happened to the version, the newest first: who, when, and what changed. */
export function EventsTab({ facts }: { facts: Facts }) {
  const at = useAt();
  const { data, error, refetch, hasNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey: ['history', facts.id, facts.position, facts.deleted?.position],
    queryFn: ({ signal, pageParam: before }) =>
      read(
        '/artifacts/{artifact_id}/history',
        { path: { artifact_id: facts.id }, query: { limit: PAGE, before } },
        signal,
      ),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => (page.length < PAGE ? null : (page.at(-1)?.version ?? null)),
  });
  if (error) return <Fault error={error} retry={() => void refetch()} />;
  if (!data) return <Skeleton />;
  const steps = data.pages.flat().filter(({ position }) => at === null || position <= at);
  return (
    <>
      <ol class={styles.steps}>
        {steps.map((step) => (
          <li key={step.id}>
            <Link to={toEvent(step.occurred, step.id)} class={styles.kind}>
              {step.kind.split('.').at(-1)}
            </Link>
            <span class={styles.summary}>{step.summary ?? changedInWords(step.changed)}</span>
            <span>{step.actor}</span>
            <Time at={step.recorded} />
            <Link to={`/artifacts/artifact/${facts.id}?at=${step.position}`} title="Show it as it was then">
              {count(step.position)}
            </Link>
          </li>
        ))}
      </ol>
      {hasNextPage && (
        <button type="button" onClick={() => void fetchNextPage()}>
          Older events
        </button>
      )}
    </>
  );
}

function changedInWords(parts: readonly string[]): string {
  return parts.length ? `${parts.join(', ')} stated anew` : '';
}
