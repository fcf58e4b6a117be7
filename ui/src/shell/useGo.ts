import { useCallback } from 'preact/hooks';
import { useLocation } from 'wouter-preact';

import { keepingAt, useAt } from './at';

/** Go to a page of ours, at the same moment as this one. */
export function useGo(): (to: string) => void {
  const [, go] = useLocation();
  const at = useAt();
  return useCallback((to: string) => go(keepingAt(to, at)), [go, at]);
}
