import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query';

import { useLiveRefetch } from '../live/useLiveRefetch';
import type { LogEvent } from '../live/event';
import { useAt } from '../shell/at';
import { read, type Answer, type Asked, type Readable } from './client';

interface Options {
  /** Which events change the answer; it is asked for anew then. Default: none. */
  affectedBy?: (event: LogEvent) => boolean;
  /** How often it is asked for anew at most, while such events keep coming. */
  refetchMs?: number;
  enabled?: boolean;
  /** Show the answer to the question before, until there is one to this. */
  keepsPrevious?: boolean;
  /** Whether the path answers for the past. Default: yes. */
  takesAsOf?: boolean;
}

/** What is at a path: now and live, or at the position that the time machine is at. */
export function useRead<P extends Readable>(
  path: P,
  asked: Asked = {},
  options: Options = {},
): UseQueryResult<Answer<P>> {
  const { affectedBy, refetchMs, enabled = true, keepsPrevious = false, takesAsOf = true } = options;
  const at = useAt();
  const query = takesAsOf && at !== null ? { ...asked.query, as_of: at } : (asked.query ?? {});
  const queryKey = [path, asked.path ?? null, query];
  useLiveRefetch(
    queryKey,
    at === null && enabled ? affectedBy : undefined,
    refetchMs ? { everyMs: refetchMs } : {},
  );
  return useQuery<Answer<P>>({
    queryKey,
    queryFn: ({ signal }) => read(path, { ...asked, query }, signal),
    enabled,
    ...(keepsPrevious ? { placeholderData: keepPreviousData } : {}),
  });
}
