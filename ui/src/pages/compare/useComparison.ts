import { useQuery, type UseQueryResult } from '@tanstack/react-query';

import { read } from '../../api/client';
import type { Diff } from '../../api/schema';
import { useParams } from '../../shell/params';

/** Lines around a change that help to find it. */
const CONTEXT_LINES = 3;
/** The most that the API shows beside the changes, and of them. */
const MOST = 1_000;
const SHOWN = 50;

export interface Named {
  /** Null: what was before the last change to `to`. */
  from: string | null;
  to: string;
}

/** What the address says of how a comparison is looked at. */
export function useLook() {
  const { get, all, set, address } = useParams();
  return {
    rowKey: all('row_key'),
    showsAll: get('all') !== null,
    isUnfolded: get('unfold') !== null,
    isSplit: get('view') === 'split',
    picture: get('picture') ?? 'slider',
    limit: get('more') === null ? SHOWN : MOST,
    set,
    address,
  };
}

/** What changed from one artifact to another, as the address wants to see it. */
export function useComparison({ from, to }: Named): UseQueryResult<Diff> {
  const { rowKey, showsAll, isUnfolded, limit } = useLook();
  const equal = showsAll || isUnfolded ? MOST : CONTEXT_LINES;
  const query = { from, to, limit, equal, row_key: rowKey };
  return useQuery({
    queryKey: ['/artifacts/diff', query],
    queryFn: ({ signal }) => read('/artifacts/diff', { query }, signal),
    retry: false,
    placeholderData: (previous, asked) => (isSamePair(asked?.queryKey[1], query) ? previous : undefined),
  });
}

/** While only the look changes, what was shown stays until there is something else. */
function isSamePair(before: unknown, now: Named): boolean {
  const named = before as Named | undefined;
  return named?.from === now.from && named.to === now.to;
}
