import { lazy, Suspense } from 'preact/compat';
import { useRef } from 'preact/hooks';
import { useParams as useRoute } from 'wouter-preact';

import { ApiError } from '../../api/client';
import type { Facts } from '../../api/schema';
import { useRead } from '../../api/useRead';
import { Content } from '../../content/Content';
import { MarkdownContent } from '../../content/MarkdownContent';
import { artifactOf, keyOf } from '../../live/event';
import { Empty } from '../../parts/Empty';
import { Fault } from '../../parts/Fault';
import { Skeleton } from '../../parts/Skeleton';
import { Tabs, useTab } from '../../parts/Tabs';
import { toArtifact } from '../../shell/addresses';
import { useAt } from '../../shell/at';
import { useKeys } from '../../shell/keys';
import { Link } from '../../shell/Link';
import { useParams } from '../../shell/params';
import { useToast } from '../../shell/toasts';
import { useGo } from '../../shell/useGo';
import { useTitle } from '../../shell/useTitle';
import { DeletedNotice } from './DeletedNotice';
import { EventsTab } from './EventsTab';
import { FactsCard } from './FactsCard';
import { RawTab } from './RawTab';
import { VersionHeader } from './VersionHeader';
import { permanentLink } from './permanentLink';
import styles from './VersionPage.module.css';

const DiffTab = lazy(() => import('../compare/DiffTab'));
const BlameTab = lazy(() => import('../compare/BlameTab'));

const TABS = { rendered: 'Rendered', raw: 'Raw', diff: 'Diff', blame: 'Blame', events: 'Events' };
const NAMES = ['rendered', 'raw', 'diff', 'blame', 'events'] as const;

/** One artifact: what it says, all that is known of it, and what happened to it. */
export function VersionPage() {
  const { id } = useRoute<{ id: string }>();
  const key = useRef<string | null>(null);
  const {
    data: facts,
    error,
    refetch,
  } = useRead(
    '/ui/artifacts/{artifact_id}',
    { path: { artifact_id: id } },
    {
      affectedBy: (event) =>
        artifactOf(event) === id || (key.current !== null && keyOf(event) === key.current),
    },
  );
  key.current = facts?.key ?? null;
  useTitle(facts ? nameOf(facts) : 'Artifact');
  if (error) return <Missing id={id} error={error} retry={() => void refetch()} />;
  return facts ? <Version key={facts.id} facts={facts} /> : <Skeleton rows={12} />;
}

function Version({ facts }: { facts: Facts }) {
  const tab = useTab(NAMES);
  useVersionKeys(facts, tab);
  return (
    <div class={styles.page}>
      <VersionHeader facts={facts} name={nameOf(facts)} />
      {facts.deleted && <DeletedNotice facts={facts} deleted={facts.deleted} />}
      {facts.description !== null && facts.description !== '' && (
        <div class={styles.description}>
          <MarkdownContent facts={facts} part="description" />
        </div>
      )}
      <Tabs label="Views of this version" tabs={TABS} />
      <div class={styles.columns}>
        <div class={styles.content}>
          <Suspense fallback={<Skeleton />}>
            <Tab name={tab} facts={facts} />
          </Suspense>
        </div>
        <FactsCard facts={facts} />
      </div>
    </div>
  );
}

function Tab({ name, facts }: { name: (typeof NAMES)[number]; facts: Facts }) {
  const at = useAt();
  switch (name) {
    case 'rendered':
      return <Content facts={facts} />;
    case 'raw':
      return <RawTab facts={facts} />;
    case 'diff':
      return <DiffTab artifactId={facts.id} artifactKey={facts.key} at={at} />;
    case 'blame':
      return <BlameTab artifactId={facts.id} artifactKey={facts.key} at={at} />;
    case 'events':
      return <EventsTab facts={facts} />;
  }
}

function Missing({ id, error, retry }: { id: string; error: Error; retry: () => void }) {
  if (!(error instanceof ApiError) || error.status !== NOT_FOUND)
    return (
      <>
        <h1>Artifact {id}</h1>
        <Fault error={error} retry={retry} />
      </>
    );
  return (
    <>
      <h1>No such artifact</h1>
      <Empty title={id}>
        <p>No artifact has this id, or none had at this moment.</p>
        <Link to="/artifacts">All artifacts</Link>
      </Empty>
    </>
  );
}

const NOT_FOUND = 404;

function nameOf(facts: Facts): string {
  return facts.key === null ? `Artifact …${facts.id.slice(-8)}` : `${facts.key} v${facts.number}`;
}

function useVersionKeys(facts: Facts, tab: string): void {
  const go = useGo();
  const { set } = useParams();
  const toast = useToast();
  const toggle = (name: string) => () => set({ tab: tab === name ? null : name });
  const step = (id: string | null, which: string) => () => {
    if (id) go(toArtifact(id));
    else toast(`There is no ${which} version.`);
  };
  useKeys({
    '[': { does: 'Previous version', run: step(facts.previous_id, 'older') },
    ']': { does: 'Next version', run: step(facts.next_id, 'younger') },
    r: { does: 'Rendered or raw', run: toggle('raw') },
    d: { does: 'What changed', run: toggle('diff') },
    b: { does: 'Blame', run: toggle('blame') },
    c: {
      does: 'Copy the link',
      run: () => void navigator.clipboard.writeText(permanentLink(facts)).then(() => toast('Copied.')),
    },
  });
}
