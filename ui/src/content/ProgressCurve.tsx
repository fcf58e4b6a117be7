import { useEffect, useState } from 'preact/hooks';
import { Pause, Play } from 'lucide-preact';

import { exact } from '../parts/moments';
import { duration, type Mark } from './pace';
import styles from './ProgressCurve.module.css';

const WIDTH = 600;
const HEIGHT = 160;
const FULL = 100;
const REPLAY_MS = 4_000;
/** Rows of the table in words. */
const TOLD_MAX = 200;

interface Props {
  marks: readonly Mark[];
  /** Which mark is shown; null: the last. */
  replayed: number | null;
  setReplayed: (index: number | null) => void;
}

/** The way of a progress over time, which can be gone once more. */
export function ProgressCurve({ marks, replayed, setReplayed }: Props) {
  const [plays, setPlays] = useState(false);
  const last = marks.length - 1;
  const index = Math.min(replayed ?? last, last);
  useEffect(() => {
    if (!plays) return;
    const began = performance.now();
    let frame = requestAnimationFrame(function step(now) {
      const part = (now - began) / REPLAY_MS;
      setReplayed(part < 1 ? Math.floor(part * last) : null);
      if (part < 1) frame = requestAnimationFrame(step);
      else setPlays(false);
    });
    return () => cancelAnimationFrame(frame);
  }, [plays, last, setReplayed]);
  const [first, end] = [marks[0]?.at ?? 0, marks[last]?.at ?? 1];
  const x = (at: number) => ((at - first) / Math.max(1, end - first)) * WIDTH;
  const y = (value: number) => HEIGHT - (Math.min(FULL, Math.max(0, value)) / FULL) * HEIGHT;
  const points = marks.map(({ at, value }) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`);
  const here = marks[index];
  return (
    <figure class={styles.figure}>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        aria-hidden="true"
        class={styles.chart}
      >
        {[25, 50, 75].map((value) => (
          <line key={value} class={styles.grid} x1={0} x2={WIDTH} y1={y(value)} y2={y(value)} />
        ))}
        <polygon
          class={styles.area}
          points={`0,${HEIGHT} ${points.slice(0, index + 1).join(' ')} ${x(here?.at ?? 0)},${HEIGHT}`}
        />
        <polyline class={styles.coming} points={points.join(' ')} />
        <polyline class={styles.line} points={points.slice(0, index + 1).join(' ')} />
      </svg>
      <figcaption class={styles.caption}>
        <button
          type="button"
          onClick={() => {
            setReplayed(null);
            setPlays(!plays);
          }}
        >
          {plays ? <Pause size={14} aria-hidden /> : <Play size={14} aria-hidden />}{' '}
          {plays ? 'Stop' : 'Replay'}
        </button>
        <input
          type="range"
          aria-label="A moment of the progress"
          min={0}
          max={last}
          value={index}
          onInput={(event) =>
            setReplayed(event.currentTarget.valueAsNumber === last ? null : event.currentTarget.valueAsNumber)
          }
        />
        <span>
          {here && `${here.value}% after ${duration((here.at - first) / 1_000)}`} · {marks.length} updates
        </span>
      </figcaption>
      <details>
        <summary>As a table</summary>
        <table class={styles.table}>
          <thead>
            <tr>
              <th scope="col">when</th>
              <th scope="col">%</th>
            </tr>
          </thead>
          <tbody>
            {marks.slice(-TOLD_MAX).map(({ at, value }) => (
              <tr key={`${at} ${value}`}>
                <td>{exact(new Date(at).toISOString())}</td>
                <td>{value}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}
