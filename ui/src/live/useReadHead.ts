import { useQuery } from '@tanstack/react-query';

import { read } from '../api/client';
import { start } from '../start';

/** Where the log ended when the page was opened; null: not known yet. */
export function useReadHead(): number | null {
  const { data } = useQuery({
    queryKey: ['/log/head'],
    queryFn: ({ signal }) => read('/log/head', {}, signal),
    enabled: start.position === null,
    staleTime: Infinity,
    select: (head) => head.position,
  });
  return start.position ?? data ?? null;
}
