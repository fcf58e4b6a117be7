import type { Version } from '../../api/schema';

/** The version that a part of the address means, if it is among these. */
export function versionOf(versions: readonly Version[], part: string): Version | undefined {
  const name = part.split('@')[0] ?? '';
  return versions.find(
    ({ id, number, is_latest: isLatest }) =>
      id === name || String(number) === name.replace(/^v/, '') || (name === 'latest' && isLatest),
  );
}
