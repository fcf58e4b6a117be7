const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;
const DAY_S = 24 * HOUR_S;
const NOW_S = 5;

/** How long ago a moment was, in a word: `now`, `9s`, `2m`, `1h`, `3d`, or the date. */
export function relative(at: string, now: number): string {
  const seconds = Math.round((now - Date.parse(at)) / 1_000);
  if (seconds < NOW_S) return 'now';
  if (seconds < MINUTE_S) return `${seconds}s`;
  if (seconds < HOUR_S) return `${Math.floor(seconds / MINUTE_S)}m`;
  if (seconds < DAY_S) return `${Math.floor(seconds / HOUR_S)}h`;
  if (seconds < 30 * DAY_S) return `${Math.floor(seconds / DAY_S)}d`;
  return new Date(at).toLocaleDateString('en', { year: 'numeric', month: 'short', day: 'numeric' });
}

/** The same within a sentence: `now`, `9s ago`, or the date. */
export function sentence(at: string, now: number): string {
  const word = relative(at, now);
  return /^\d+[smhd]$/.test(word) ? `${word} ago` : word;
}

const EXACT = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'long' });

/** A moment to the second, with its zone. */
export function exact(at: string): string {
  return EXACT.format(new Date(at));
}
