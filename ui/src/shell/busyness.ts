import type { Stretch } from '../api/schema';

/** Faster than this is not told apart: moments are recorded to the microsecond. */
const SHORTEST_S = 1e-4;

/** How busy each stretch was, from 0, the quietest, to 1; by magnitudes, so that a burst does not flatten the rest. */
export function heights(stretches: readonly Stretch[]): number[] {
  const speeds = stretches.map(({ after, until, seconds }) =>
    Math.log10((until - after) / Math.max(seconds, SHORTEST_S)),
  );
  const [least, most] = [Math.min(...speeds), Math.max(...speeds)];
  return speeds.map((speed) => (most > least ? (speed - least) / (most - least) : 0.5));
}
