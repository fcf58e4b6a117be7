import { useCallback, useMemo } from 'preact/hooks';

import { useParams } from '../shell/params';
import { readView, type View, writtenView } from './view';

/** How somebody looks at the table, in the address, and how to change it. */
export function useView(): [View, (changes: Partial<View>) => void] {
  const { all, set } = useParams();
  const address = JSON.stringify(writtenView(readView(all)));
  const view = useMemo(
    () => readView((name) => (JSON.parse(address) as Record<string, string[]>)[name] ?? []),
    [address],
  );
  const change = useCallback(
    (changes: Partial<View>) => set(writtenView({ ...view, ...changes }), { replace: true }),
    [view, set],
  );
  return [view, change];
}
