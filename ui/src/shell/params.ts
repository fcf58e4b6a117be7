import { useCallback } from 'preact/hooks';
import { useLocation, useSearch } from 'wouter-preact';

type Value = string | readonly string[] | null;

export interface Params {
  get: (name: string) => string | null;
  all: (name: string) => string[];
  /** Set some and leave the others; null, '' and [] take one away. `replace`: it is no step to go back to. */
  set: (values: Record<string, Value>, options?: { replace?: boolean }) => void;
  /** The address that `set` would go to. */
  address: (values: Record<string, Value>) => string;
}

/** The state of a view: it is in the address, so that a link shows the same view to everyone. */
export function useParams(): Params {
  const search = useSearch();
  const [path, go] = useLocation();
  const address = useCallback(
    (values: Record<string, Value>) => path + changed(search, values),
    [path, search],
  );
  const set = useCallback(
    (values: Record<string, Value>, options: { replace?: boolean } = {}) => go(address(values), options),
    [go, address],
  );
  const params = new URLSearchParams(search);
  return { get: (name) => params.get(name), all: (name) => params.getAll(name), set, address };
}

/** A query with some of its values set anew. */
export function changed(search: string, values: Record<string, Value>): string {
  const params = new URLSearchParams(search);
  for (const [name, value] of Object.entries(values)) {
    params.delete(name);
    for (const each of [value].flat()) if (each) params.append(name, each);
  }
  const text = params.toString();
  return text && `?${text}`;
}
