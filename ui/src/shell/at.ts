import { useSearch } from 'wouter-preact';

/** The position that a query's `at` names; null: now. */
export function atOf(search: string): number | null {
  const text = new URLSearchParams(search).get('at');
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** The position that the time machine is at; null: now. */
export function useAt(): number | null {
  return atOf(useSearch());
}

/** An address, at the same moment. */
export function keepingAt(to: string, at: number | null): string {
  if (at === null || /[?&]at=/.test(to)) return to;
  const [path = '', hash] = to.split('#');
  return `${path}${path.includes('?') ? '&' : '?'}at=${at}${hash === undefined ? '' : `#${hash}`}`;
}
