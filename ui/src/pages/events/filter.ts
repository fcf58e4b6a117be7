/** What of the log is looked at, as the address has it. */
export interface Asked {
  q: string | null;
  kind: string | null;
  actor: string | null;
  key: string | null;
  run: string | null;
  since: string | null;
  until: string | null;
}

export const ASKABLE = ['q', 'kind', 'actor', 'key', 'run', 'since', 'until'] as const;

/** The same as the API has it; null: everything. Of a kind, its beginning is enough. */
export function filterOf({ q, kind, actor, key, run, since, until }: Asked): string | null {
  const filter = {
    ...(q ? { text: { query: q } } : {}),
    ...(kind ? { event: { prefix: [kind.replace(/\*$/, '')] } } : {}),
    ...(actor ? { actor: { name: [actor] } } : {}),
    ...(key ? { key: { name: [key] } } : {}),
    ...(run ? { run: { id: [run] } } : {}),
    ...(since || until ? { occurred: { ...(since ? { since } : {}), ...(until ? { until } : {}) } } : {}),
  };
  return Object.keys(filter).length ? JSON.stringify(filter) : null;
}
