import { useQuery } from '@tanstack/react-query';

import { ApiError, read } from '../../api/client';
import type { Blame, BlamedState } from '../../api/schema';
import { Empty } from '../../parts/Empty';
import { Fault } from '../../parts/Fault';
import { count, counted } from '../../parts/numbers';
import { Skeleton } from '../../parts/Skeleton';
import { Time } from '../../parts/Time';
import { toArtifact, toFlowRun } from '../../shell/addresses';
import { Link } from '../../shell/Link';
import { useParams } from '../../shell/params';
import { BlamedCells } from './BlamedCells';
import type { TabProps } from './DiffTab';
import styles from './blame.module.css';

/** Lines or rows on a page. */
const SHOWN = 100;

/** Who last changed each line or cell of a version, as of when it was last the latest of its key. */
export default function BlameTab({ artifactId, artifactKey, at }: TabProps) {
  const { get } = useParams();
  const offset = Number(get('offset') ?? 0);
  const query = { artifact_id: artifactId, offset, limit: SHOWN, as_of: at };
  const { data, error, refetch } = useQuery({
    queryKey: ['/artifacts/{key}/blame', artifactKey, query],
    queryFn: ({ signal }) =>
      read('/artifacts/{key}/blame', { path: { key: artifactKey ?? '' }, query }, signal),
    enabled: artifactKey !== null,
    retry: false,
  });
  if (artifactKey === null)
    return <Empty title="This artifact has no key, so there are no versions to go back through." />;
  if (error instanceof ApiError && error.status === 404)
    return <Empty title="This version never was the latest of its key, so nothing came to be through it." />;
  if (error) return <Fault error={error} retry={() => void refetch()} />;
  if (!data) return <Skeleton />;
  return (
    <div class={styles.blame}>
      <WentBack {...data.went_back} />
      <Found blame={data} />
      <Pages blame={data} />
    </div>
  );
}

function Found({ blame }: { blame: Blame }) {
  if (blame.count === 0) return <Empty title="It is empty: there is nobody to blame." />;
  if (blame.unit === 'row') return <BlamedCells blame={blame} />;
  if (blame.unit === 'line') return <Lines blame={blame} />;
  const [state] = blame.states;
  return (
    <div class={styles.card}>
      <code class={styles.value}>{blame.found[0]?.text}</code>
      {state && <Card state={state} />}
    </div>
  );
}

/** A text's lines; beside those that came together, who wrote them. */
function Lines({ blame: { found, states } }: { blame: Blame }) {
  return (
    <div class={styles.scroll}>
      <table class={styles.lines} aria-label="Lines, and who last changed each">
        <tbody>
          {found.map(({ line, state, text }, index) => {
            const author = states[state ?? 0];
            const isFirst = index === 0 || found[index - 1]?.state !== state;
            return (
              <tr key={line} data-first={isFirst || undefined}>
                <td class={styles.gutter} data-age={ageOf(state ?? 0, states)}>
                  {isFirst && author && <Author state={author} />}
                </td>
                <td class={styles.number}>{count(line ?? 0)}</td>
                <td class={styles.text}>{text}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function Author({ state }: { state: BlamedState }) {
  return (
    <span class={styles.author}>
      <Link to={`${toArtifact(state.artifact_id)}?tab=diff`}>{versionOf(state)}</Link>
      <span class={styles.actor}>{state.actor}</span>
      <Time at={state.recorded} ago />
    </span>
  );
}

/** The event that brought a line or a cell, and what it was before. */
export function Card({ state }: { state: BlamedState }) {
  return (
    <p class={styles.said}>
      {state.or_before ? 'There in ' : 'Last changed in '}
      <Link to={`${toArtifact(state.artifact_id)}?tab=diff`}>{versionOf(state)}</Link> by{' '}
      <strong>{state.actor}</strong> <Time at={state.recorded} ago />, at position {count(state.position)}
      {state.or_before && ', or before: what was before is not known'}
      {state.flow_run_id !== null && (
        <>
          , in <Link to={toFlowRun(state.flow_run_id)}>its flow run</Link>
        </>
      )}
      .
    </p>
  );
}

export function versionOf({ number, version }: BlamedState): string {
  const name = number === null ? 'a version that is gone' : `v${number}`;
  return version > 1 ? `${name}, changed in place` : name;
}

/** How old a state is among all that are told, from 0, the newest, to 4. */
export function ageOf(state: number, states: readonly BlamedState[]): number {
  return states.length < 2 ? 0 : Math.round((4 * state) / (states.length - 1));
}

/** Where the way back ended before all was found. */
function WentBack({
  states,
  position,
  is_complete: isComplete,
  stopped_by: limit,
  absent,
}: Blame['went_back']) {
  if (isComplete) return null;
  return (
    <p class={styles.note}>
      Gone back through {counted(states, 'state')}, to position {count(position)}.{' '}
      {limit !== null && `There the limit ${limit} was met, so what seems to be from there may be older.`}
      {absent > 0 &&
        ` ${counted(absent, 'state')} ${absent === 1 ? 'was' : 'were'} passed over, because the data is there no more.`}
    </p>
  );
}

function Pages({ blame: { offset, count: all, found, unit } }: { blame: Blame }) {
  const { address } = useParams();
  if (all <= found.length) return null;
  const to = (place: number) => address({ offset: place > 0 ? String(place) : null, cell: null });
  return (
    <nav class={styles.pages} aria-label="Pages">
      {offset > 0 && (
        <Link class="button" to={to(offset - SHOWN)}>
          Before
        </Link>
      )}
      <span>
        {unit}s {count(offset + 1)} to {count(offset + found.length)} of {count(all)}
      </span>
      {offset + found.length < all && (
        <Link class="button" to={to(offset + SHOWN)}>
          After
        </Link>
      )}
    </nav>
  );
}
