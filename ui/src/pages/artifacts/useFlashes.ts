import { useCallback, useRef } from 'preact/hooks';

import type { Card } from '../../api/schema';
import { useNews } from '../../live/Live';
import { nameOf } from './listing';

/** Events in a second above which nothing flashes: all of it would. */
const CALM_MAX = 50;
const SECOND_MS = 1_000;

const REDUCED = window.matchMedia('(prefers-reduced-motion: reduce)');

/** Whether a row has changed since the list was opened, and was not told so. Each change is told once. */
export function useFlashes(position: number | undefined, isLive: boolean): (card: Card) => boolean {
  const opened = useRef<number | undefined>(undefined);
  opened.current ??= position;
  const told = useRef(new Map<string, number>());
  const second = useRef({ since: 0, events: 0 });
  useNews(
    isLive
      ? ({ events }) => {
          const now = Date.now();
          if (now - second.current.since > SECOND_MS) second.current = { since: now, events: 0 };
          second.current.events += events.length;
        }
      : undefined,
  );
  return useCallback(
    (card) => {
      const before = told.current.get(nameOf(card)) ?? opened.current ?? card.position;
      told.current.set(nameOf(card), card.position);
      return card.position > before && isLive && !REDUCED.matches && second.current.events <= CALM_MAX;
    },
    [isLive],
  );
}
