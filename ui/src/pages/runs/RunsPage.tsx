import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'preact/hooks';
import { Search } from 'lucide-preact';

import { read } from '../../api/client';
import type { RunListed } from '../../api/schema';
import { useLiveRefetch } from '../../live/useLiveRefetch';
import { Empty } from '../../parts/Empty';
import { Fault } from '../../parts/Fault';
import { counted } from '../../parts/numbers';
import { Skeleton } from '../../parts/Skeleton';
import { Time } from '../../parts/Time';
import { toFlowRun, toKey, toTaskRun } from '../../shell/addresses';
import { useAt } from '../../shell/at';
import { Link } from '../../shell/Link';
import { useParams } from '../../shell/params';
import { useTitle } from '../../shell/useTitle';
import { isOfRuns } from './isOfRun';
import { RunState } from './RunState';
import styles from './RunsPage.module.css';

const TYPED_MS = 250;
const PAGE = 50;
const REFETCH_MS = 1_000;

/** The runs that wrote artifacts, the last to write first. */
export function RunsPage() {
  useTitle('Runs');
  const at = useAt();
  const { get, set } = useParams();
  const q = get('q');
  const queryKey = ['/ui/runs', q, at];
  useLiveRefetch(queryKey, at === null ? isOfRuns : undefined, { everyMs: REFETCH_MS });
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetching } = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) =>
      read('/ui/runs', { query: { q, before: pageParam, limit: PAGE, as_of: at } }, signal),
    initialPageParam: null as number | null,
    getNextPageParam: (last) => last.next,
  });
  const runs = data?.pages.flatMap((page) => page.runs) ?? [];
  const isShort = data !== undefined && runs.length < PAGE && hasNextPage;
  useEffect(() => {
    if (isShort && !isFetching) void fetchNextPage(); // a page may find none, where runs are few
  }, [isShort, isFetching, fetchNextPage]);
  return (
    <div class={styles.page}>
      <header class={styles.head}>
        <h1>Runs</h1>
        <SearchField text={q ?? ''} search={(text) => set({ q: text || null }, { replace: true })} />
      </header>
      {error && <Fault error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton />}
      {data && runs.length === 0 && !hasNextPage && (q ? <NoneFound q={q} /> : <NoneYet />)}
      {runs.length > 0 && (
        <ul class={styles.runs}>
          {runs.map((run) => (
            <Run key={run.id} run={run} />
          ))}
        </ul>
      )}
      {hasNextPage && (
        <button type="button" disabled={isFetching} onClick={() => void fetchNextPage()}>
          {isFetching ? 'Looking further back…' : 'Older runs'}
        </button>
      )}
    </div>
  );
}

function SearchField({ text, search }: { text: string; search: (text: string) => void }) {
  const [typed, setTyped] = useState(text);
  useEffect(() => setTyped(text), [text]);
  useEffect(() => {
    if (typed.trim() === text) return;
    const timer = window.setTimeout(() => search(typed.trim()), TYPED_MS);
    return () => window.clearTimeout(timer);
  }, [typed, text, search]);
  return (
    <label class={styles.search}>
      <Search size={14} aria-hidden />
      <span class="hidden">Find runs</span>
      <input
        type="search"
        value={typed}
        placeholder="Name, flow, task, key or id…"
        maxLength={200}
        onInput={({ currentTarget }) => setTyped(currentTarget.value)}
      />
    </label>
  );
}

function Run({ run }: { run: RunListed }) {
  const { kind, id, name, flow_name: flow, key_names: names, keys, writes, last_write: last } = run;
  return (
    <li class={styles.run}>
      <span class={styles.name}>
        <Link to={kind === 'flow-run' ? toFlowRun(id) : toTaskRun(id)}>{name ?? id}</Link>
        <small>{[kind === 'task-run' && 'task run', flow].filter(Boolean).join(' · ')}</small>
      </span>
      <RunState type={run.state_type} name={run.state_name} />
      <span class={styles.keys}>
        {names.map((key) => (
          <Link key={key} to={toKey(key)}>
            {key}
          </Link>
        ))}
        {keys > names.length && <span>and {keys - names.length} more</span>}
        {keys === 0 && <span>artifacts without a key</span>}
      </span>
      <span class={styles.writes}>{counted(writes, 'write')}</span>
      <span class={styles.when}>{last && <Time at={last} />}</span>
    </li>
  );
}

function NoneYet() {
  return (
    <Empty title="No run has written an artifact yet">
      <p>
        What a flow publishes with Prefect’s create_…_artifact calls appears here with the run that wrote it,
        once its PREFECT_API_URL is {window.location.origin}/api.
      </p>
    </Empty>
  );
}

function NoneFound({ q }: { q: string }) {
  const { set } = useParams();
  return (
    <Empty title="No run is like this">
      <p>Of the runs that wrote here, none has a name, a flow, a task, a key or an id with “{q}” in it.</p>
      <button type="button" onClick={() => set({ q: null })}>
        All runs
      </button>
    </Empty>
  );
}
