import { keepPreviousData, useQuery } from '@tanstack/react-query';

import { addressOf, ask } from '../../api/client';
import type { EventCount } from '../../api/schema';
import { Fault } from '../../parts/Fault';
import { count } from '../../parts/numbers';
import { Link } from '../../shell/Link';
import styles from './Kinds.module.css';

const SHOWN = 12;
/** All events are counted: that need not be done for each new one. */
const STALE_MS = 10_000;
const BEGINNING = '1970-01-01T00:00:00Z';

/** How many events there are of each kind. */
export function Kinds({ position }: { position: number }) {
  const { data, error } = useQuery({
    queryKey: ['kinds', Math.floor(Date.now() / STALE_MS), position === 0],
    queryFn: ({ signal }) => countKinds(signal),
    placeholderData: keepPreviousData,
  });
  if (error) return <Fault error={error} />;
  const kinds = [...(data ?? [])].sort((one, other) => other.count - one.count);
  const most = Math.max(...kinds.map((each) => each.count), 1);
  const rest = kinds.slice(SHOWN);
  return (
    <section aria-labelledby="kinds">
      <h2 id="kinds">Events by kind</h2>
      {data?.length === 0 && <p class={styles.rest}>None yet.</p>}
      <ul class={styles.kinds}>
        {kinds.slice(0, SHOWN).map((each) => (
          <li key={each.value}>
            <Link to={`/events?kind=${encodeURIComponent(each.value)}`}>{each.value}</Link>
            <span>{count(each.count)}</span>
            <i style={{ width: `${(each.count / most) * 100}%` }} />
          </li>
        ))}
      </ul>
      {rest.length > 0 && (
        <p class={styles.rest}>
          and {count(rest.reduce((sum, each) => sum + each.count, 0))} of {rest.length} other kinds
        </p>
      )}
    </section>
  );
}

async function countKinds(signal: AbortSignal): Promise<EventCount[]> {
  const wide = { time_unit: 'week', time_interval: 1_000 }; // nothing is told of these; their number is bounded
  const body = JSON.stringify({ filter: { occurred: { since: BEGINNING } }, ...wide });
  return (await (
    await ask('post', addressOf('/events/count-by/event'), body, signal)
  ).json()) as EventCount[];
}
