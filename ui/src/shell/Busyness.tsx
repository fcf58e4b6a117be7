import type { Stretch } from '../api/schema';
import { heights } from './busyness';
import styles from './TimeMachine.module.css';

const HEIGHT = 28;

interface Props {
  stretches: Stretch[];
  /** Where the key of the page changed. */
  changes: number[];
  head: number;
}

/** How much went on in each part of the log: the higher, the more in a second. Below it, where the key changed. */
export function Busyness({ stretches, changes, head }: Props) {
  const high = heights(stretches);
  return (
    <svg
      class={styles.busyness}
      viewBox={`0 0 ${head} ${HEIGHT + 5}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {stretches.map(({ after, until }, index) => {
        const height = 2 + (HEIGHT - 2) * (high[index] ?? 0);
        return (
          <rect key={until} x={after} y={HEIGHT - height} width={(until - after) * 0.85} height={height} />
        );
      })}
      {changes.map((position) => (
        <rect
          key={position}
          class={styles.change}
          x={position - head / 800}
          y={HEIGHT + 1}
          width={head / 400}
          height={4}
        />
      ))}
    </svg>
  );
}
