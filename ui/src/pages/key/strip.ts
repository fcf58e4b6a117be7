import type { Point } from '../../api/schema';

/** Authors that have a colour of their own; the others share one. */
export const AUTHORS_MAX = 5;
export const HEIGHT = 100;
const LOWEST = 8;

/** How high the ticks are, from the sizes of changes: by order of magnitude, so that small ones are seen beside large ones. */
export function heights(sizes: readonly (number | null)[]): number[] {
  const largest = Math.log1p(Math.max(0, ...sizes.map((each) => each ?? 0)));
  return sizes.map(
    (each) => LOWEST + (HEIGHT - LOWEST) * (largest > 0 ? Math.log1p(each ?? 0) / largest : 0),
  );
}

/** Who wrote, the most busy first; beyond `AUTHORS_MAX`, null stands for all others. */
export function authors(points: readonly Point[]): (string | null)[] {
  const counts = new Map<string, number>();
  for (const { actor } of points) counts.set(actor, (counts.get(actor) ?? 0) + 1);
  const named = [...counts].sort((a, b) => b[1] - a[1]).map(([actor]) => actor);
  return named.length > AUTHORS_MAX ? [...named.slice(0, AUTHORS_MAX), null] : named;
}

/** The ticks of one author, as the path of an SVG that is as wide as there are writes. */
export function ticksOf(
  author: string | null,
  points: readonly Point[],
  all: readonly (string | null)[],
): string {
  const high = heights(points.map(({ value }) => value));
  const gap = points.length > 400 ? 0.05 : 0.2;
  return points
    .map(({ actor }, index) => {
      if ((all.includes(actor) ? actor : null) !== author) return '';
      const height = high[index] ?? 0;
      return `M${index + gap / 2} ${HEIGHT}V${(HEIGHT - height).toFixed(1)}h${1 - gap}V${HEIGHT}z`;
    })
    .join('');
}

/** How a comparison names the state that a write left: by its version's number, and where it stood if it went on. */
export function nameOf(index: number, points: readonly Point[]): string {
  const point = points[index];
  if (!point) return '';
  const wentOn = points.slice(index + 1).some(({ artifact_id: id }) => id === point.artifact_id);
  return wentOn ? `${point.number}@${point.position}` : String(point.number);
}
