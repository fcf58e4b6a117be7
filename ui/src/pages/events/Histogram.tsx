import { useRef, useState } from 'preact/hooks';

import { useRead } from '../../api/useRead';
import { count, counted } from '../../parts/numbers';
import { useParams } from '../../shell/params';
import { stretch } from './moments';
import styles from './Histogram.module.css';

const HEIGHT = 48;
const SPANS = 120;
/** All events are counted each time: that need not be done all the time. */
const REFETCH_MS = 3_000;

/** How many events there were when. A stretch of it can be drawn out with the pointer: that is shown alone then. */
export function Histogram({ filter, isText }: { filter: string | null; isText: boolean }) {
  const { set } = useParams();
  const { data } = useRead(
    '/ui/events/histogram',
    { query: { filter, spans: SPANS } },
    { affectedBy: () => true, refetchMs: REFETCH_MS, keepsPrevious: true },
  );
  const [hovered, setHovered] = useState<number | null>(null);
  const [drawn, setDrawn] = useState<[number, number] | null>(null);
  const isDrawing = useRef(false);
  if (!data?.start) return <div class={styles.histogram} />;

  const { counts, width_s: width } = data;
  const begin = Date.parse(data.start);
  const most = Math.max(...counts, 1);
  const moment = (index: number) => new Date(begin + index * width * 1_000);
  const place = (event: PointerEvent) => {
    const { left, width: wide } = (event.currentTarget as Element).getBoundingClientRect();
    return Math.max(
      0,
      Math.min(counts.length - 1, Math.floor(((event.clientX - left) / wide) * counts.length)),
    );
  };
  const choose = (from: number, to: number) =>
    set({ since: moment(from).toISOString(), until: moment(to + 1).toISOString() });
  const start = (event: PointerEvent) => {
    isDrawing.current = true;
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    setDrawn([place(event), place(event)]);
  };
  const move = (event: PointerEvent) => {
    setHovered(place(event));
    if (isDrawing.current && drawn) setDrawn([drawn[0], place(event)]);
  };
  const end = () => {
    isDrawing.current = false;
    if (!drawn) return;
    const [first, last] = [Math.min(...drawn), Math.max(...drawn)];
    setDrawn(null);
    choose(first, last);
  };
  const total = counts.reduce((sum, each) => sum + each, 0);
  const [first, last] = drawn ? [Math.min(...drawn), Math.max(...drawn)] : [hovered, hovered];
  const said =
    first === null || last === null
      ? null
      : counts.slice(first, last + 1).reduce((sum, each) => sum + each, 0);
  return (
    <figure class={styles.histogram}>
      <svg
        role="img"
        aria-label={`${counted(total, 'event')} from ${moment(0).toLocaleString('en')} on, at most ${most} in ${saidWidth(width)}`}
        viewBox={`0 0 ${counts.length} ${HEIGHT}`}
        preserveAspectRatio="none"
        onPointerDown={start}
        onPointerMove={move}
        onPointerUp={end}
        onPointerLeave={() => setHovered(null)}
      >
        {first !== null && last !== null && (
          <rect class={styles.drawn} x={first} width={last - first + 1} height={HEIGHT} />
        )}
        <path class={styles.bars} d={bars(counts, most)} />
      </svg>
      <figcaption>
        <span>{moment(0).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' })}</span>
        <span>
          {said === null || first === null || last === null
            ? `${counted(total, 'event')}${isText ? ', those without the text too' : ''} · drag to choose a time`
            : `${counted(said, 'event')} · ${stretch(moment(first), moment(last + 1))}`}
        </span>
        <span>
          {moment(counts.length).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' })}
        </span>
      </figcaption>
      <Table counts={counts} moment={moment} choose={choose} />
    </figure>
  );
}

interface TableProps {
  counts: number[];
  moment: (index: number) => Date;
  choose: (from: number, to: number) => void;
}

/** The same in numbers, for who cannot draw or see bars. */
function Table({ counts, moment, choose }: TableProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details class={styles.table} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>As a table</summary>
      {isOpen && (
        <table>
          <thead>
            <tr>
              <th scope="col">From</th>
              <th scope="col">Events</th>
              <th scope="col">Show</th>
            </tr>
          </thead>
          <tbody>
            {counts.map(
              (each, index) =>
                each > 0 && (
                  <tr key={index}>
                    <td>{moment(index).toLocaleString('en-GB')}</td>
                    <td>{count(each)}</td>
                    <td>
                      <button type="button" class="quiet" onClick={() => choose(index, index)}>
                        Only these
                      </button>
                    </td>
                  </tr>
                ),
            )}
          </tbody>
        </table>
      )}
    </details>
  );
}

/** All bars as one shape. A bar with anything in it is seen. */
function bars(counts: number[], most: number): string {
  return counts
    .map((each, index) => {
      if (each === 0) return '';
      const height = Math.max(2, (each / most) * HEIGHT);
      return `M${index + 0.1} ${HEIGHT}v${-height}h0.8v${height}z`;
    })
    .join('');
}

function saidWidth(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${seconds / 60} min`;
  if (seconds < 86_400) return `${seconds / 3_600} h`;
  return `${seconds / 86_400} days`;
}
