/** A progress at a moment: milliseconds, and its value from 0 to 100. */
export interface Mark {
  at: number;
  value: number;
}

export interface Pace {
  /** By how much the value rises in a second; null: it does not, or was written once. */
  perSecond: number | null;
  /** Seconds left, at least and at most: by its last steps, and by all of them. Null: nobody can say. */
  left: { low: number; high: number } | null;
  /** Seconds between two updates, usually; null: there was one. */
  usualS: number | null;
  /** Seconds since the last one. */
  quietS: number;
  /** Whether that is much longer than usual. */
  isQuiet: boolean;
  isDone: boolean;
  /** Seconds from the first to the last. */
  tookS: number;
}

const LAST_STEPS = 5;
const QUIET_TIMES = 4;
const QUIET_S_MIN = 5;
const DONE = 100;

/** How fast a progress is, by the marks that it has left; `now` in milliseconds. Pure. */
export function paceOf(marks: readonly Mark[], now: number): Pace {
  const run = sinceRestart(marks);
  const [first, last] = [run[0], run.at(-1)];
  if (!first || !last) return NONE;
  const gaps = run.slice(1).map((mark, index) => (mark.at - (run[index]?.at ?? 0)) / 1_000);
  const usualS = median(gaps);
  const quietS = Math.max(0, (now - last.at) / 1_000);
  const isDone = last.value >= DONE;
  const speeds = [speed(run.slice(-LAST_STEPS - 1)), speed(run)].filter((each) => each !== null);
  const times = speeds.map((each) => Math.max(0, (DONE - last.value) / each - quietS));
  return {
    perSecond: speeds[0] ?? null,
    left: isDone || !times.length ? null : { low: Math.min(...times), high: Math.max(...times) },
    usualS,
    quietS,
    isQuiet: !isDone && usualS !== null && quietS > Math.max(QUIET_S_MIN, QUIET_TIMES * usualS),
    isDone,
    tookS: (last.at - first.at) / 1_000,
  };
}

const NONE: Pace = {
  perSecond: null,
  left: null,
  usualS: null,
  quietS: 0,
  isQuiet: false,
  isDone: false,
  tookS: 0,
};

/** The marks since the value last fell: from there on it began anew. */
function sinceRestart(marks: readonly Mark[]): readonly Mark[] {
  const fell = marks.findLastIndex((mark, index) => index > 0 && mark.value < (marks[index - 1]?.value ?? 0));
  return fell < 0 ? marks : marks.slice(fell);
}

function speed(marks: readonly Mark[]): number | null {
  const [first, last] = [marks[0], marks.at(-1)];
  if (!first || !last || last.at <= first.at || last.value <= first.value) return null;
  return (last.value - first.value) / ((last.at - first.at) / 1_000);
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

/** Seconds in words: `4 s`, `3 min`, `2 h 10 min`, `3 days`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds < 1 ? '<1' : Math.round(seconds)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.round(hours / 24)} days`;
}

/** What can be said of the time that is left, in a few words. */
export function leftInWords({ low, high }: { low: number; high: number }): string {
  const [least, most] = [duration(low), duration(high)];
  if (high < 1) return 'any moment now';
  return least === most ? `about ${most} left` : `${least} to ${most} left`;
}
