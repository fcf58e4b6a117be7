import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'preact/hooks';

import { count, counted } from '../../parts/numbers';
import { useKeys } from '../../shell/keys';
import { useParams } from '../../shell/params';
import { EventRow } from './EventRow';
import type { Feed, Row } from './feed';
import styles from './FeedRows.module.css';

const ROW_PX = 34;
const READ_AHEAD = 30;
/** Scrolled further than this from the top, the feed is read, not followed. */
const TOP_PX = 8;

interface Props {
  feed: Feed;
  /** Grows with each change of the feed. */
  change: number;
  isFollowed: boolean;
  isBusy: boolean;
  readOlder: () => void;
  /** Called with whether the newest row is in sight. */
  scrolled: (isAtTop: boolean) => void;
}

/** The rows of the feed, of which those in sight are there. Its end is read when it comes near. */
export function FeedRows({ feed, change, isFollowed, isBusy, readOlder, scrolled }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const { get, set } = useParams();
  const open = Number(get('open')) || null;
  const rows = useVirtualizer({
    count: feed.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => keyOf(feed.at(index)),
    overscan: 12,
  });
  const items = rows.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (lastShown >= feed.length - READ_AHEAD) readOlder();
  }, [lastShown, feed, change, readOlder]);
  useEffect(() => {
    if (isFollowed) scroller.current?.scrollTo({ top: 0 });
  }, [isFollowed]);

  useEffect(() => {
    const place = open === null ? -1 : feed.placeOf(open);
    if (place > 0) rows.scrollToIndex(place, { align: 'center' });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- only where the address leads at first: what is opened later is in sight
  }, []);

  const toggle = (position: number) =>
    set({ open: position === open ? null : `${position}` }, { replace: true });
  const step = (by: number) => {
    const buttons = [...(scroller.current?.querySelectorAll<HTMLElement>('[data-row]') ?? [])];
    const here = buttons.findIndex((each) => each === document.activeElement);
    const next = buttons[here === -1 ? 0 : here + by];
    next?.focus();
    next?.scrollIntoView({ block: 'nearest' });
  };
  useKeys({
    j: { does: 'Next event', run: () => step(1) },
    k: { does: 'Previous event', run: () => step(-1) },
  });

  return (
    <div class={styles.feed}>
      <div class={styles.head} aria-hidden="true">
        <span>Position</span>
        <span>Time</span>
        <span>Kind</span>
        <span>Key</span>
        <span>Actor</span>
        <span>Run</span>
        <span>Size</span>
      </div>
      <div
        ref={scroller}
        class={styles.scroller}
        role="log"
        aria-label="Events"
        aria-live={isFollowed ? 'polite' : 'off'}
        data-quiet={isBusy || undefined}
        tabIndex={0}
        onScroll={({ currentTarget }) => scrolled(currentTarget.scrollTop <= TOP_PX)}
      >
        <div class={styles.rows} style={{ height: rows.getTotalSize() }}>
          {items.map(({ index, key, start }) => {
            const row = feed.at(index);
            return (
              <div
                key={key}
                ref={rows.measureElement}
                data-index={index}
                class={styles.place}
                style={{ transform: `translateY(${start}px)` }}
              >
                {row?.is === 'event' && (
                  <EventRow
                    entry={row.entry}
                    isOpen={row.entry.position === open}
                    toggle={() => toggle(row.entry.position)}
                  />
                )}
                {row?.is === 'gap' && <Gap first={row.first} last={row.last} />}
              </div>
            );
          })}
        </div>
        <p class={styles.end}>
          {feed.from === 0
            ? 'The log begins here.'
            : `Reading on below position ${feed.from.toLocaleString('en')}…`}
        </p>
      </div>
    </div>
  );
}

/** Positions that the log ought to have. */
function Gap({ first, last }: { first: number; last: number }) {
  const range =
    first === last ? `Position ${count(first)} is` : `Positions ${count(first)} to ${count(last)} are`;
  return (
    <div class={styles.gap} role="alert">
      {range} missing: the log ought to have {counted(last - first + 1, 'event')} there.
    </div>
  );
}

function keyOf(row: Row | undefined): string {
  if (!row) return '';
  return row.is === 'event' ? `${row.entry.position}` : `gap ${row.first}`;
}
