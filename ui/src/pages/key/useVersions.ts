import { useQueries } from '@tanstack/react-query';

import { read } from '../../api/client';
import type { Version } from '../../api/schema';
import type { LogEvent } from '../../live/event';
import { useLiveRefetch } from '../../live/useLiveRefetch';
import { useAt } from '../../shell/at';

const PATH = '/artifacts/{key}/versions';
const PAGE = 100;

interface Versions {
  /** The version at a place, the newest at 0; undefined: it is on its way. */
  at: (place: number) => Version | undefined;
  error: Error | null;
  refetch: () => void;
}

/** The versions of a key, deleted ones too: those pages of them that hold the places from one to another. */
export function useVersions(
  key: string,
  from: number,
  to: number,
  isOfKey: (event: LogEvent) => boolean,
): Versions {
  const at = useAt();
  const first = Math.floor(from / PAGE);
  const pages = Array.from({ length: Math.floor(to / PAGE) - first + 1 }, (_, index) => first + index);
  useLiveRefetch([PATH, key], at === null ? isOfKey : undefined, { isExact: false });
  const answers = useQueries({
    queries: pages.map((page) => {
      const query = { offset: page * PAGE, limit: PAGE, deleted: true, as_of: at };
      return {
        queryKey: [PATH, key, at, page],
        queryFn: ({ signal }: { signal: AbortSignal }) => read(PATH, { path: { key }, query }, signal),
      };
    }),
  });
  return {
    at: (place) => answers[Math.floor(place / PAGE) - first]?.data?.[place % PAGE],
    error: answers.find(({ error }) => error)?.error ?? null,
    refetch: () => answers.forEach((answer) => void (answer.error && answer.refetch())),
  };
}
