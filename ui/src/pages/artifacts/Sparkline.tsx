import type { Trend } from '../../api/schema';
import { count } from '../../parts/numbers';
import styles from './Sparkline.module.css';

const WIDTH = 72;
const HEIGHT = 18;
const MARGIN = 2;

/** How the number of a key went over its last states. */
export function Sparkline({ trend }: { trend: Trend | undefined }) {
  const values = trend?.points.map(({ value }) => value) ?? [];
  if (!trend || values.length < 2) return <span class={styles.sparkline} />;
  const points = drawn(values);
  const [x, y] = points[points.length - 1] ?? [0, 0];
  const isFlat = values.every((value) => value === values[0]);
  return (
    <svg
      class={styles.sparkline}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      data-flat={isFlat || undefined}
      role="img"
      aria-label={told(trend)}
    >
      <polyline points={points.map((point) => point.join(',')).join(' ')} />
      <circle cx={x} cy={y} r="1.75" />
    </svg>
  );
}

/** Where the points of a line lie: the least value at the bottom, the greatest at the top, a constant in the middle. */
export function drawn(values: readonly number[]): [number, number][] {
  const [least, greatest] = [Math.min(...values), Math.max(...values)];
  const step = (WIDTH - 2 * MARGIN) / Math.max(1, values.length - 1);
  return values.map((value, index) => {
    const height = greatest === least ? 0.5 : (value - least) / (greatest - least);
    return [MARGIN + index * step, HEIGHT - MARGIN - height * (HEIGHT - 2 * MARGIN)];
  });
}

function told({ measure, points }: Trend): string {
  const numbers = [points[0], points[points.length - 1]].map((point) => count(point?.value ?? 0));
  return `${measure ?? 'value'} from ${numbers.join(' to ')} in ${points.length} writes`;
}
