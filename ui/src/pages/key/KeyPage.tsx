import { useParams as usePath } from 'wouter-preact';

import { ApiError } from '../../api/client';
import { useRead } from '../../api/useRead';
import { keyOf, type LogEvent } from '../../live/event';
import { Fault } from '../../parts/Fault';
import { counted } from '../../parts/numbers';
import { Skeleton } from '../../parts/Skeleton';
import { Time } from '../../parts/Time';
import { TypeIcon } from '../../parts/TypeIcon';
import { toKey } from '../../shell/addresses';
import { useKeys } from '../../shell/keys';
import { Link } from '../../shell/Link';
import { useGo } from '../../shell/useGo';
import { useTitle } from '../../shell/useTitle';
import type { CollectionFacts } from '../../api/schema';
import { DeletedKey } from './DeletedKey';
import { KeyActions } from './KeyActions';
import styles from './KeyPage.module.css';
import { LatestVersion } from './LatestVersion';
import { NumberOverTime } from './NumberOverTime';
import { UnknownKey } from './UnknownKey';
import { VersionList } from './VersionList';
import { VersionStrip } from './VersionStrip';

/** A key: what it says, and all that it ever said. */
export function KeyPage() {
  const { key } = usePath<{ key: string }>();
  useTitle(key);
  const isOfKey = (event: LogEvent) => keyOf(event) === key;
  const { data, error, refetch } = useRead('/ui/keys/{key}', { path: { key } }, { affectedBy: isOfKey });
  const isUnknown = error instanceof ApiError && error.status === 404;
  return (
    <article class={styles.page}>
      <header class={styles.header}>
        <h1>
          <Link to="/artifacts" class={styles.up}>
            Artifacts
          </Link>{' '}
          <span class={styles.slash} aria-hidden>
            /
          </span>{' '}
          {data && <TypeIcon type={data.shown_as} size={18} />} {key}
        </h1>
        {data && !isUnknown && <KeyActions facts={data} />}
      </header>
      {isUnknown && <UnknownKey error={error} />}
      {!isUnknown && error && <Fault error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton />}
      {data && !isUnknown && <Lineage facts={data} isOfKey={isOfKey} />}
    </article>
  );
}

interface Props {
  facts: CollectionFacts;
  isOfKey: (event: LogEvent) => boolean;
}

function Lineage({ facts, isOfKey }: Props) {
  const { key, versions, created, updated, previous_key: previous, next_key: next } = facts;
  const go = useGo();
  useKeys({
    '{': { does: 'Previous key', run: () => previous && go(toKey(previous)) },
    '}': { does: 'Next key', run: () => next && go(toKey(next)) },
  });
  return (
    <>
      <p class={styles.facts}>
        <span>{counted(versions, 'version')}</span>
        <span>
          last written <Time at={updated} ago />
        </span>
        <span>
          first <Time at={created} ago />
        </span>
        <span class={styles.beside}>
          {previous && <Link to={toKey(previous)}>‹ {previous}</Link>}
          {next && <Link to={toKey(next)}>{next} ›</Link>}
        </span>
      </p>
      {facts.deleted && <DeletedKey facts={facts} deletion={facts.deleted} />}
      <div class={styles.history}>
        <VersionStrip of={key} isOfKey={isOfKey} />
        <NumberOverTime of={key} isOfKey={isOfKey} />
      </div>
      <VersionList facts={facts} isOfKey={isOfKey} />
      <LatestVersion facts={facts} isOfKey={isOfKey} />
    </>
  );
}
