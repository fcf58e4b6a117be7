import { useCallback, useEffect, useState } from 'preact/hooks';
import { ArrowUpToLine, Pause, Play, X } from 'lucide-preact';

import { addressOf } from '../../api/client';
import { CopyButton } from '../../parts/CopyButton';
import { Empty } from '../../parts/Empty';
import { Fault } from '../../parts/Fault';
import { count, counted } from '../../parts/numbers';
import { Skeleton } from '../../parts/Skeleton';
import { useAt } from '../../shell/at';
import { useKeys } from '../../shell/keys';
import { useParams } from '../../shell/params';
import { useTitle } from '../../shell/useTitle';
import { EventDetail } from './EventDetail';
import { FeedRows } from './FeedRows';
import { ASKABLE, filterOf, type Asked } from './filter';
import { Filters } from './Filters';
import { Histogram } from './Histogram';
import { KINDS } from './kinds';
import { useFeed } from './useFeed';
import styles from './EventsPage.module.css';

/** All that happens in the log, as it happens, and back to where it began. */
export function EventsPage() {
  useTitle('Events');
  const at = useAt();
  const { get } = useParams();
  const asked = Object.fromEntries(ASKABLE.map((name) => [name, get(name)])) as unknown as Asked;
  const filter = filterOf(asked);
  const { feed, change, error, isBusy, readOlder, alter, retry } = useFeed(filter, at);
  const [isPaused, setPaused] = useState(false);
  const [isAtTop, setAtTop] = useState(true);
  const isFollowed = at === null && !isPaused && isAtTop && get('open') === null;

  useEffect(() => {
    alter((each) => (isFollowed ? each.release() : each.hold()));
  }, [isFollowed, alter, feed]);
  const follow = useCallback(() => {
    setPaused(false);
    setAtTop(true);
    alter((each) => each.release());
  }, [alter]);
  useKeys({
    f: { does: 'Follow the feed', run: follow },
    p: { does: 'Pause the feed', run: () => setPaused((paused) => !paused) },
  });

  const waiting = feed?.waiting ?? 0;
  const open = Number(get('open')) || null;
  const isApart = feed !== null && open !== null && open <= feed.to && feed.placeOf(open) < 0;
  return (
    <div class={styles.page}>
      <header class={styles.head}>
        <h1>Events</h1>
        <span class={styles.said}>{feed ? `${count(feed.to)} in the log` : ''}</span>
        {at === null && (
          <div class={styles.actions}>
            {waiting > 0 && (
              <button type="button" class="primary" onClick={follow}>
                <ArrowUpToLine size={14} aria-hidden /> {count(waiting)} waiting
              </button>
            )}
            <button
              type="button"
              aria-pressed={isPaused}
              onClick={() => (isPaused ? follow() : setPaused(true))}
            >
              {isPaused ? <Play size={14} aria-hidden /> : <Pause size={14} aria-hidden />}
              {isPaused ? 'Follow' : 'Pause'}
            </button>
          </div>
        )}
      </header>
      <p class="hidden" role="status">
        {waiting > 0 ? 'New events are waiting.' : ''}
      </p>
      <Filters kinds={KINDS} />
      {feed?.to !== 0 && <Histogram filter={filterOf({ ...asked, q: null })} isText={asked.q !== null} />}
      {isApart && <Apart position={open} />}
      {error && <Fault error={error} retry={retry} />}
      {!feed && !error && <Skeleton rows={12} />}
      {feed?.to === 0 && <Nothing />}
      {feed && feed.to > 0 && feed.length === 0 && feed.from === 0 && <Unmatched asked={asked} />}
      {feed && feed.to > 0 && (feed.length > 0 || feed.from > 0) && (
        <FeedRows
          feed={feed}
          change={change}
          isFollowed={isFollowed}
          isBusy={isBusy}
          readOlder={readOlder}
          scrolled={setAtTop}
        />
      )}
    </div>
  );
}

/** The event that the address opens, where it is not among the rows: too far back, or left out by a filter. */
function Apart({ position }: { position: number }) {
  const { set } = useParams();
  return (
    <section class={styles.apart} aria-label={`Event ${position}`}>
      <header class={styles.head}>
        <h2>Event {count(position)}</h2>
        <span class={styles.said}>not among the rows below</span>
        <button
          type="button"
          class="quiet"
          aria-label="Close the event"
          onClick={() => set({ open: null }, { replace: true })}
        >
          <X size={16} aria-hidden />
        </button>
      </header>
      <EventDetail position={position} />
    </section>
  );
}

/** How the first event comes about. */
function Nothing() {
  const line = `curl -X POST ${window.location.origin}${addressOf('/artifacts/')} -H 'Content-Type: application/json' -d '{"key": "daily-report", "type": "markdown", "data": "# 1,200 rows, no errors"}'`;
  return (
    <Empty title="Waiting for the first event">
      <p>This publishes an artifact. What it brings into the log appears here at once:</p>
      <pre class={styles.line}>{line}</pre>
      <CopyButton text={line} />
    </Empty>
  );
}

/** Filters whose name in the address is no word. */
const NAMES: Record<string, string> = { q: 'the text', since: 'the time from', until: 'the time until' };

/** Which of the filters leaves nothing, each to be taken away with one click. */
function Unmatched({ asked }: { asked: Asked }) {
  const { set } = useParams();
  const given = ASKABLE.filter((name) => asked[name]);
  return (
    <Empty title="No event matches">
      <p>
        {counted(given.length, 'filter')} {given.length === 1 ? 'leaves' : 'together leave'} nothing of the
        log. What is recorded from now on and matches appears here.
      </p>
      <div class={styles.actions}>
        {given.map((name) => (
          <button key={name} type="button" onClick={() => set({ [name]: null })}>
            Without {NAMES[name] ?? name} “{asked[name]}”
          </button>
        ))}
      </div>
    </Empty>
  );
}
