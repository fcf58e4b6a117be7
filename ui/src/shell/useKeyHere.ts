import { useLocation } from 'wouter-preact';

import { useRead } from '../api/useRead';

const OF_KEY = /^\/(?:artifacts\/key|compare)\/([^/]+)/;
const OF_VERSION = /^\/artifacts\/artifact\/([0-9a-f-]{36})/i;

/** The key that the page is about; null: it is about none. */
export function useKeyHere(): string | null {
  const [path] = useLocation();
  const id = OF_VERSION.exec(path)?.[1] ?? '';
  const { data } = useRead(
    '/artifacts/{artifact_id}/history',
    { path: { artifact_id: id }, query: { limit: 1 } },
    { takesAsOf: false, enabled: id !== '' },
  );
  const named = OF_KEY.exec(path)?.[1];
  return named === undefined ? (id === '' ? null : (data?.[0]?.key ?? null)) : decodeURIComponent(named);
}
