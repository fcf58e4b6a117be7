import type { Trend } from '../../api/schema';

const POINTS_MIN = 3;
const WHOLE = 100;
const SECOND_MS = 1_000;
/** Without an update for so many of its usual steps, nothing is foretold any more. */
const STEPS_LATE = 3;
const LATE_MIN_S = 60;

/** What is to be said of a progress, by its last states: `~4 min left`, or that it seems to stand; null: nothing. */
export function left(trend: Trend | undefined, now: number): string | null {
  const points = trend?.points ?? [];
  const rising = points.slice(lastFall(points.map(({ value }) => value)));
  const [first, last] = [rising[0], rising[rising.length - 1]];
  if (!first || !last || rising.length < POINTS_MIN || last.value >= WHOLE || last.value <= first.value)
    return null;
  const took = (Date.parse(last.recorded) - Date.parse(first.recorded)) / SECOND_MS;
  const silent = (now - Date.parse(last.recorded)) / SECOND_MS;
  if (silent > Math.max(LATE_MIN_S, (STEPS_LATE * took) / (rising.length - 1)))
    return `no update for ${short(silent)}`;
  return `~${short((took * (WHOLE - last.value)) / (last.value - first.value))} left`;
}

/** Where the last rise begins: a progress that falls has begun anew. */
function lastFall(values: readonly number[]): number {
  return Math.max(
    0,
    values.findLastIndex((value, index) => value < (values[index - 1] ?? value)),
  );
}

const UNITS: readonly [string, number][] = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
];

function short(seconds: number): string {
  const [unit, size] = UNITS.find((each) => seconds >= each[1]) ?? ['s', 1];
  return `${Math.max(1, Math.round(seconds / size))} ${unit}`;
}
