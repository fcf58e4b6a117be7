import { lazy, Suspense } from 'preact/compat';
import { useState } from 'preact/hooks';

import type { LeftOut, Point, Series } from '../../api/schema';
import { useRead } from '../../api/useRead';
import type { LogEvent } from '../../live/event';
import { Fault } from '../../parts/Fault';
import { counted, size } from '../../parts/numbers';
import { Skeleton } from '../../parts/Skeleton';
import { Time } from '../../parts/Time';
import { toArtifact, toFlowRun } from '../../shell/addresses';
import { Link } from '../../shell/Link';
import { useParams } from '../../shell/params';
import { useGo } from '../../shell/useGo';
import { ASKED, choicesOf, glanceOf, nameOf, type Asked } from './measure';
import styles from './NumberOverTime.module.css';

const Plot = lazy(() => import('./Plot').then(({ Plot: loaded }) => ({ default: loaded })));

/** Rows of the table beside the chart. */
const ROWS_MAX = 100;

interface Props {
  of: string;
  isOfKey: (event: LogEvent) => boolean;
}

/** Any number of a key, write by write: how much there was of it, a cell, or a number in a text. */
export function NumberOverTime({ of: key, isOfKey }: Props) {
  const { get, set } = useParams();
  const asked = Object.fromEntries(ASKED.map((name) => [name, get(name)])) as unknown as Asked;
  const { data, error, refetch } = useRead(
    '/ui/keys/{key}/series',
    { path: { key }, query: { ...asked } },
    { affectedBy: isOfKey, keepsPrevious: true },
  );
  const choose = (measure: string) =>
    set({ measure, row_key: null, row: null, column: null, text: null }, { replace: true });
  return (
    <section class={styles.number} aria-labelledby="number">
      <div class={styles.head}>
        <h2 id="number">Over time</h2>
        <select
          aria-label="What is drawn"
          value={data?.measure}
          disabled={!data}
          onChange={(event) => choose(event.currentTarget.value)}
        >
          {data && choicesOf(data).map((each) => <option value={each}>{nameOf(each, asked)}</option>)}
        </select>
      </div>
      {error && !data && <Fault error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton rows={4} />}
      {data && <Chart series={data} name={nameOf(data.measure, asked)} />}
    </section>
  );
}

function Chart({ series: { measure, points, left_out: leftOut }, name }: { series: Series; name: string }) {
  const go = useGo();
  const [hovered, setHovered] = useState<number | null>(null);
  const format = measure === 'bytes' ? size : shortly;
  const values = points.map(({ value }) => value);
  const shown = points[hovered ?? points.length - 1];
  const open = (index: number) => {
    const point = points[index];
    if (point) go(placeOf(point));
  };
  return (
    <>
      <div
        class={styles.plot}
        role="img"
        aria-label={`${name} over ${counted(points.length, 'write')}: ${glanceOf(values, format)}`}
      >
        <Suspense fallback={null}>
          <Plot
            values={values}
            names={points.map(({ number }) => `v${number}`)}
            format={format}
            onHover={setHovered}
            onOpen={open}
          />
        </Suspense>
      </div>
      {shown && <Shown point={shown} format={format} isHovered={hovered !== null} />}
      <Missing leftOut={leftOut} />
      <Points points={points} name={name} format={format} />
    </>
  );
}

function Shown({
  point,
  format,
  isHovered,
}: {
  point: Point;
  format: (value: number) => string;
  isHovered: boolean;
}) {
  return (
    <p class={styles.shown}>
      <strong>{point.value === null ? 'no number' : format(point.value)}</strong> in v{point.number}
      {', '}
      <Time at={point.recorded} ago /> by {point.actor}
      {isHovered && `. Click: ${point.flow_run_id ? (point.flow_run_name ?? 'its run') : `v${point.number}`}`}
    </p>
  );
}

/** Says what the chart does not show, and why. */
function Missing({ leftOut: { older, large, absent } }: { leftOut: LeftOut }) {
  const reasons = [
    older && 'Older writes are not drawn.',
    large > 0 && `The data of ${counted(large, 'write')} was too large to be read.`,
    absent > 0 && `The data of ${counted(absent, 'write')} is here no more.`,
  ].filter(Boolean);
  return reasons.length > 0 ? <p class={styles.missing}>{reasons.join(' ')}</p> : null;
}

/** The points as a table: for those who cannot see the chart, and to get at each version and run. */
function Points({
  points,
  name,
  format,
}: {
  points: Point[];
  name: string;
  format: (value: number) => string;
}) {
  const [isOpen, setOpen] = useState(false);
  const newest = points.slice(-ROWS_MAX).reverse();
  return (
    <details class={styles.points} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>As a table</summary>
      {isOpen && (
        <div class={styles.scroller} tabIndex={0} role="region" aria-label={`${name}, as a table`}>
          <table>
            <thead>
              <tr>
                <th scope="col">Version</th>
                <th scope="col">{name}</th>
                <th scope="col">Written</th>
                <th scope="col">Run</th>
              </tr>
            </thead>
            <tbody>
              {newest.map((point) => (
                <tr key={point.position}>
                  <td>
                    <Link to={toArtifact(point.artifact_id)}>v{point.number}</Link>
                  </td>
                  <td>{point.value === null ? '–' : format(point.value)}</td>
                  <td>
                    <Time at={point.recorded} />
                  </td>
                  <td>
                    {point.flow_run_id ? (
                      <Link to={toFlowRun(point.flow_run_id)}>
                        {point.flow_run_name ?? point.flow_run_id.slice(0, 8)}
                      </Link>
                    ) : (
                      '–'
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {newest.length < points.length && (
            <p>
              The newest {newest.length} of {counted(points.length, 'write')}.
            </p>
          )}
        </div>
      )}
    </details>
  );
}

function placeOf({ flow_run_id: run, artifact_id: id }: Point): string {
  return run ? toFlowRun(run) : toArtifact(id);
}

function shortly(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: Math.abs(value) < 1e6 ? 6 : 9 });
}
