/** Artifacts by the names that the address of a comparison, and the API, have for them. */

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export interface Range {
  from: string;
  to: string;
}

/** What stands before and after the two dots; null: it is no range. */
export function rangeOf(text: string): Range | null {
  const [from, to, ...more] = text.split('..');
  return from && to && more.length === 0 ? { from, to } : null;
}

/**
 * What the API calls it: `scores:3` for the third version of a key, `scores` for the latest, an id for itself; with `@`
 * and a position behind it as it was then. One that names no position of its own is meant as of `at`.
 */
export function nameOf(key: string, part: string, at: number | null): string {
  const [version = '', position] = part.split('@');
  const name = ID.test(version)
    ? version
    : version === 'latest'
      ? key
      : `${key}:${version.replace(/^v/, '')}`;
  const when = position ?? at;
  return when === null ? name : `${name}@${when}`;
}
