import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

import { read } from '../../api/client';
import { useNews } from '../../live/Live';
import { Feed, type Span } from './feed';

const PAGE = 100;
const NEWS_PAGE = 500;
/** From so many events a second on, rows come without any ado. */
const BUSY_PER_S = 50;
const RATE_MS = 1_000;

export interface Following {
  feed: Feed | null;
  /** Grows with each change of the feed. */
  change: number;
  error: Error | null;
  isBusy: boolean;
  readOlder: () => void;
  /** Change the feed, and show it. */
  alter: (deed: (feed: Feed) => void) => void;
  retry: () => void;
}

/** The feed of what a filter lets through: from now back, and live; or from a position back. */
export function useFeed(filter: string | null, at: number | null): Following {
  const feed = useRef<Feed | null>(null);
  const [change, setChange] = useState(0);
  const [error, setError] = useState<Error | null>(null);
  const [tries, setTries] = useState(0);
  const [isBusy, setBusy] = useState(false);
  const reading = useRef({ older: false, newer: false });
  const wanted = useRef(0);
  const counted = useRef({ since: 0, events: 0 });
  const shown = useCallback(() => setChange((count) => count + 1), []);

  const ask = useCallback(
    (place: { after?: number; until?: number; limit: number }): Promise<Span> =>
      read('/ui/events', { query: { ...place, filter, as_of: at } }),
    [filter, at],
  );

  useEffect(() => {
    let isLeft = false;
    feed.current = null;
    reading.current = { older: false, newer: false };
    setError(null);
    shown();
    ask({ limit: PAGE }).then(
      (span) => {
        if (isLeft) return;
        feed.current = new Feed(span, filter === null);
        shown();
      },
      (reason: unknown) => isLeft || setError(reason as Error),
    );
    return () => {
      isLeft = true;
      feed.current = null;
    };
  }, [ask, filter, shown, tries]);

  const readOlder = useCallback(() => {
    const current = feed.current;
    if (!current || current.from === 0 || reading.current.older) return;
    reading.current.older = true;
    ask({ until: current.from, limit: PAGE })
      .then(
        (span) => feed.current === current && current.addOlder(span),
        (reason: unknown) => setError(reason as Error),
      )
      .finally(() => {
        reading.current.older = false;
        if (feed.current === current) shown();
      });
  }, [ask, shown]);

  /** All that came since, however many pages that takes; again, if more came meanwhile. */
  const readNewer = useCallback(async () => {
    const current = feed.current;
    if (!current || reading.current.newer) return;
    reading.current.newer = true;
    try {
      while (feed.current === current && wanted.current > current.to) {
        const spans = await readSince(ask, current.to);
        if (feed.current !== current) return;
        spans.reverse().forEach((span) => current.addNewer(span));
        shown();
      }
    } catch {
      // the connection is gone: the next news come when it is there again, and ask anew
    } finally {
      reading.current.newer = false;
    }
  }, [ask, shown]);

  useNews(
    at !== null
      ? undefined
      : ({ events, gaps }) => {
          const last = Math.max(...events.map((each) => each.position), ...gaps.map((each) => each.to));
          wanted.current = Math.max(wanted.current, last);
          setBusy(isManyMore(counted.current, events.length));
          void readNewer();
        },
  );

  const isThere = feed.current !== null;
  useEffect(() => void (isThere && readNewer()), [isThere, readNewer]); // what came while the first page was read

  const alter = useCallback(
    (deed: (current: Feed) => void) => {
      if (!feed.current) return;
      deed(feed.current);
      shown();
    },
    [shown],
  );
  const retry = useCallback(() => setTries((count) => count + 1), []);
  return { feed: feed.current, change, error, isBusy, readOlder, alter, retry };
}

/** The pages of all that came after a position, the newest first. */
async function readSince(
  ask: (place: { after: number; until?: number; limit: number }) => Promise<Span>,
  after: number,
): Promise<Span[]> {
  const spans: Span[] = [];
  for (;;) {
    const until = spans.at(-1)?.from;
    const span = await ask({ after, limit: NEWS_PAGE, ...(until === undefined ? {} : { until }) });
    spans.push(span);
    if (span.from <= after) return spans;
  }
}

function isManyMore(counted: { since: number; events: number }, events: number): boolean {
  const now = performance.now();
  if (now - counted.since > RATE_MS) Object.assign(counted, { since: now, events: 0 });
  counted.events += events;
  return counted.events > BUSY_PER_S;
}
