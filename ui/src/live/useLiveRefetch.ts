import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'preact/hooks';

import type { LogEvent } from './event';
import { useNews } from './Live';

/** While events keep coming, an answer is asked for anew this often at most, unless something else is said. */
const REFETCH_MS = 400;

/** Ask anew, at once, when an event comes that changes the answer; not exactly: all answers whose key begins so. */
export function useLiveRefetch(
  queryKey: readonly unknown[],
  affectedBy: ((event: LogEvent) => boolean) | undefined,
  { isExact = true, everyMs = REFETCH_MS } = {},
): void {
  const client = useQueryClient();
  const timer = useRef<number | undefined>(undefined);
  const last = useRef(0);
  useNews(
    affectedBy &&
      (({ events, gaps }) => {
        if (timer.current !== undefined || !(gaps.length || events.some(affectedBy))) return;
        const wait = Math.max(0, last.current + everyMs - Date.now());
        timer.current = window.setTimeout(() => {
          timer.current = undefined;
          last.current = Date.now();
          void client.invalidateQueries({ queryKey, exact: isExact });
        }, wait);
      }),
  );
  useEffect(() => () => window.clearTimeout(timer.current), []);
}
