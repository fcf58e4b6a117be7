import { useInfiniteQuery } from '@tanstack/react-query';
import { useParams as usePath } from 'wouter-preact';
import { ExternalLink } from 'lucide-preact';

import { read } from '../../api/client';
import type { RunShown, RunWrite } from '../../api/schema';
import { useLiveRefetch } from '../../live/useLiveRefetch';
import { Empty } from '../../parts/Empty';
import { Fault } from '../../parts/Fault';
import { counted } from '../../parts/numbers';
import { Skeleton } from '../../parts/Skeleton';
import { Time } from '../../parts/Time';
import { toFlowRun, toTaskRun } from '../../shell/addresses';
import { useAt } from '../../shell/at';
import { Link } from '../../shell/Link';
import { useTitle } from '../../shell/useTitle';
import { isOfRun } from './isOfRun';
import { Progress } from './Progress';
import { Report } from './Report';
import { RunState } from './RunState';
import { Writes } from './Writes';
import styles from './RunPage.module.css';

const PAGE = 100;
/** So many of a run's progress bars are shown, the newest. */
const BARS_MAX = 20;

/** A run of a flow or of a task: all that it wrote, in order, with what each did to its key. */
export function RunPage() {
  const { id } = usePath<{ id: string }>();
  const at = useAt();
  const queryKey = ['/ui/runs/{run_id}', id, at];
  useLiveRefetch(queryKey, at === null ? isOfRun(id) : undefined);
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetching } = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) =>
      read(
        '/ui/runs/{run_id}',
        { path: { run_id: id }, query: { after: pageParam, limit: PAGE, as_of: at } },
        signal,
      ),
    initialPageParam: 0,
    getNextPageParam: (last) => last.next,
  });
  const run = data?.pages[0];
  useTitle(run?.name ?? `Run ${id}`);
  if (error) return <Unread id={id} error={error} retry={() => void refetch()} />;
  if (!run) return <Skeleton />;
  const writes = data.pages.flatMap((page) => page.entries);
  return (
    <article class={styles.page}>
      <Heading run={run} />
      {run.writes === 0 && <WroteNothing run={run} />}
      <Bars writes={writes} />
      <Reports writes={writes} />
      {run.writes > 0 && <Writes writes={writes} total={run.writes} />}
      {hasNextPage && (
        <button type="button" disabled={isFetching} onClick={() => void fetchNextPage()}>
          {counted(run.writes - writes.length, 'more write')}
        </button>
      )}
    </article>
  );
}

function Unread({ id, error, retry }: { id: string; error: Error; retry: () => void }) {
  return (
    <article class={styles.page}>
      <h1>Run {id}</h1>
      <Fault error={error} retry={retry} />
    </article>
  );
}

function Heading({ run }: { run: RunShown }) {
  const { kind, id, name, flow_name: flow, deployment_name: deployment, started, ended } = run;
  return (
    <header class={styles.head}>
      <h1>
        <Link to="/runs" class={styles.up}>
          Runs
        </Link>{' '}
        <span class={styles.up} aria-hidden>
          /
        </span>{' '}
        {name ?? id}
      </h1>
      <p class={styles.facts}>
        <RunState type={run.state_type} name={run.state_name} />
        {kind && <span>{kind === 'flow-run' ? 'flow run' : 'task run'}</span>}
        {flow && <span>of {flow}</span>}
        {deployment && <span>from {deployment}</span>}
        {run.flow_run_id && <Link to={toFlowRun(run.flow_run_id)}>its flow run</Link>}
        {run.parent_task_run_id && (
          <Link to={toTaskRun(run.parent_task_run_id)}>the task that called it</Link>
        )}
        {started && (
          <span>
            started <Time at={started} ago />
          </span>
        )}
        {started && ended && <span>took {took(started, ended)}</span>}
        {run.writes > 0 && (
          <span>
            {counted(run.writes, 'write')} to {counted(run.keys, 'key')}
          </span>
        )}
        {run.tags.map((tag) => (
          <span key={tag} class={styles.tag}>
            {tag}
          </span>
        ))}
        {run.upstream_url && (
          <a href={run.upstream_url} rel="noopener noreferrer" target="_blank">
            Show in Prefect <ExternalLink size={12} aria-hidden />
          </a>
        )}
      </p>
      {name && <code class={styles.id}>{id}</code>}
    </header>
  );
}

function WroteNothing({ run }: { run: RunShown }) {
  if (run.is_known) {
    return (
      <Empty title="It wrote nothing here">
        <p>No artifact names this run. What it publishes from now on appears here at once.</p>
      </Empty>
    );
  }
  return (
    <Empty title="Of this run nothing is known but its id">
      <p>
        It wrote nothing here, and no event of this log names it.{' '}
        {run.upstream_url
          ? 'It may live in the Prefect server behind this one.'
          : 'If it lives in a Prefect server, that one is not known here: this server stands in front of none.'}
      </p>
    </Empty>
  );
}

/** How far the run is, by each progress that it published. */
function Bars({ writes }: { writes: RunWrite[] }) {
  const ids = living(writes, 'progress').slice(-BARS_MAX);
  if (ids.length === 0) return null;
  return (
    <section class={styles.bars} aria-label="Progress">
      {ids.map((id) => (
        <Progress key={id} artifactId={id} />
      ))}
    </section>
  );
}

/** The last Markdown that the run published, in full. */
function Reports({ writes }: { writes: RunWrite[] }) {
  const id = living(writes, 'markdown').at(-1);
  return id === undefined ? null : <Report artifactId={id} />;
}

/** The artifacts of a type that were written, and not deleted later, in order. */
function living(writes: RunWrite[], type: string): string[] {
  const found = new Set<string>();
  for (const { artifact_id: id, kind, type: its } of writes) {
    if (its !== type) continue;
    if (kind.endsWith('.deleted')) found.delete(id);
    else found.add(id);
  }
  return [...found];
}

function took(started: string, ended: string): string {
  const seconds = (Date.parse(ended) - Date.parse(started)) / 1_000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
