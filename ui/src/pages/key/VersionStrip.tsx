import { GitCompareArrows, X } from 'lucide-preact';
import { useRef, useState } from 'preact/hooks';

import type { Point } from '../../api/schema';
import { useRead } from '../../api/useRead';
import type { LogEvent } from '../../live/event';
import { Fault } from '../../parts/Fault';
import { count, counted } from '../../parts/numbers';
import { Skeleton } from '../../parts/Skeleton';
import { Time } from '../../parts/Time';
import { toCompare } from '../../shell/addresses';
import { Link } from '../../shell/Link';
import { authors, HEIGHT, nameOf, ticksOf } from './strip';
import styles from './VersionStrip.module.css';

/** Writes that are drawn, the newest: there is no room for more. */
const WRITES_MAX = 1_000;
const TICK_REM = 1.25;

interface Props {
  of: string;
  isOfKey: (event: LogEvent) => boolean;
}

/** A tick for each write, as high as its change is large, in the colour of who wrote it. Two can be picked. */
export function VersionStrip({ of: key, isOfKey }: Props) {
  const asked = { path: { key }, query: { measure: 'change', limit: WRITES_MAX } };
  const { data, error, refetch } = useRead('/ui/keys/{key}/series', asked, { affectedBy: isOfKey });
  return (
    <section class={styles.strip} aria-labelledby="writes">
      <h2 id="writes">Writes</h2>
      {error && !data && <Fault error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton rows={3} />}
      {data && <Strip key={key} of={key} points={data.points} hasOlder={data.left_out.older} />}
    </section>
  );
}

function Strip({ of: key, points, hasOlder }: { of: string; points: Point[]; hasOlder: boolean }) {
  const [cursor, setCursor] = useState<number | null>(null);
  const [picked, setPicked] = useState<number[]>([]);
  const dragged = useRef<number | null>(null);
  const all = authors(points);
  const last = points.length - 1;
  const shown = points[cursor ?? picked.at(-1) ?? last];

  const placeOf = (event: PointerEvent) => {
    const { left, width } = (event.currentTarget as HTMLElement).getBoundingClientRect();
    return Math.min(last, Math.max(0, Math.floor(((event.clientX - left) / width) * points.length)));
  };
  const pick = (index: number) =>
    setPicked(
      picked.length === 1 && picked[0] !== index ? [...picked, index].sort((a, b) => a - b) : [index],
    );
  const moved = (event: PointerEvent) => {
    const index = placeOf(event);
    setCursor(index);
    const from = dragged.current;
    if (from !== null && from !== index) setPicked([from, index].sort((a, b) => a - b));
  };
  const released = (event: PointerEvent) => {
    const index = placeOf(event);
    if (dragged.current === index) pick(index);
    dragged.current = null;
  };
  const pressed = (event: KeyboardEvent) => {
    const here = cursor ?? last;
    const to = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: last }[event.key];
    if (to !== undefined) setCursor(Math.min(last, Math.max(0, to)));
    else if (event.key === 'Enter' || event.key === ' ') pick(here);
    else return;
    event.preventDefault();
  };

  const [from, to] = picked;
  return (
    <>
      <div
        class={styles.ticks}
        style={{ maxWidth: `${points.length * TICK_REM}rem` }}
        role="slider"
        tabIndex={0}
        aria-label={`Writes of ${key}. Enter picks one; two that are picked can be compared`}
        aria-valuemin={1}
        aria-valuemax={points.length}
        aria-valuenow={(cursor ?? last) + 1}
        aria-valuetext={shown ? textOf(shown) : ''}
        onPointerDown={(event) => {
          dragged.current = placeOf(event);
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={moved}
        onPointerUp={released}
        onPointerLeave={() => setCursor(null)}
        onKeyDown={pressed}
        onBlur={() => setCursor(null)}
      >
        <svg viewBox={`0 0 ${points.length} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden>
          {from !== undefined && (
            <rect class={styles.range} x={from} width={(to ?? from) - from + 1} height={HEIGHT} />
          )}
          {cursor !== null && <rect class={styles.cursor} x={cursor} width={1} height={HEIGHT} />}
          {all.map((author, index) => (
            <path key={author} class={styles.author} data-author={index} d={ticksOf(author, points, all)} />
          ))}
        </svg>
      </div>
      <div class={styles.said}>
        {from !== undefined && to !== undefined ? (
          <p>
            <strong>
              v{points[from]?.number} → v{points[to]?.number}
            </strong>{' '}
            <Link to={toCompare(key, nameOf(from, points), nameOf(to, points))} class="button">
              <GitCompareArrows size={14} aria-hidden /> Compare
            </Link>
            <button type="button" class="quiet" aria-label="Pick none" onClick={() => setPicked([])}>
              <X size={14} aria-hidden />
            </button>
          </p>
        ) : (
          <p>{shown && <Said point={shown} />}</p>
        )}
        <ul class={styles.legend}>
          {all.map((author, index) => (
            <li key={author}>
              <i data-author={index} aria-hidden /> {author ?? 'others'}
            </li>
          ))}
        </ul>
      </div>
      <p class={styles.hint}>
        {hasOlder ? `The newest ${counted(points.length, 'write')}.` : `${counted(points.length, 'write')}.`}{' '}
        The higher a tick, the larger the change. Drag over two to compare them, or click one and then the
        other.
      </p>
    </>
  );
}

function Said({ point }: { point: Point }) {
  return (
    <>
      <strong>v{point.number}</strong> <Time at={point.recorded} ago /> by {point.actor}
      {point.flow_run_name && ` in ${point.flow_run_name}`}, {changeOf(point)}
    </>
  );
}

function textOf(point: Point): string {
  return `Version ${point.number} by ${point.actor}, ${changeOf(point)}`;
}

function changeOf({ value }: Point): string {
  if (value === null) return 'change not read';
  return value === 0 ? 'no change' : `size of the change: ${count(value)}`;
}
