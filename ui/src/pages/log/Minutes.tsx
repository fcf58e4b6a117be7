import styles from './Minutes.module.css';

const HEIGHT = 28;

/** How many events each of the last minutes has brought. */
export function Minutes({ minutes }: { minutes: number[] }) {
  const most = Math.max(...minutes, 1);
  const bars = minutes
    .map((each, index) => {
      const height = each === 0 ? 0.5 : Math.max(2, (each / most) * HEIGHT);
      return `M${index + 0.1} ${HEIGHT}v${-height}h0.8v${height}z`;
    })
    .join('');
  return (
    <svg
      class={styles.minutes}
      role="img"
      aria-label={`At most ${most} events in one of the last ${minutes.length} minutes`}
      viewBox={`0 0 ${minutes.length} ${HEIGHT}`}
      preserveAspectRatio="none"
    >
      <path d={bars} />
    </svg>
  );
}
