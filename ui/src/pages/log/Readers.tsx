import { useRead } from '../../api/useRead';
import { Fault } from '../../parts/Fault';
import { count } from '../../parts/numbers';
import { useLive } from '../../live/Live';
import { readersOf, type Reader } from './readers';
import styles from './Readers.module.css';

const REFETCH_MS = 1_000;

/** Who reads the log, and how far behind its end each is. */
export function Readers({ head }: { head: number }) {
  const options = { affectedBy: () => true, refetchMs: REFETCH_MS, takesAsOf: false };
  const projections = useRead('/projections', {}, options);
  const subscriptions = useRead('/subscriptions', {}, options);
  const { reading } = useLive();
  const error = projections.error ?? subscriptions.error;
  if (error) return <Fault error={error} />;
  if (!projections.data || !subscriptions.data) return null;
  const readers = readersOf(projections.data, subscriptions.data);
  const most = Math.max(...readers.map((each) => each.lag), 1);
  return (
    <section aria-labelledby="readers">
      <h2 id="readers">Readers</h2>
      <table class={styles.readers}>
        <thead>
          <tr>
            <th scope="col">Reader</th>
            <th scope="col">What it is</th>
            <th scope="col">Position</th>
            <th scope="col">Behind</th>
            <th scope="col">
              <span class="hidden">How far behind, as a bar</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {readers.map((each) => (
            <Row key={`${each.sort} ${each.name}`} reader={each} most={most} />
          ))}
          {reading && (
            <Row
              reader={{
                name: 'this page',
                sort: 'live',
                position: reading.position,
                lag: Math.max(0, head - reading.position),
                note: null,
              }}
              most={most}
            />
          )}
        </tbody>
      </table>
    </section>
  );
}

function Row({ reader: { name, sort, position, lag, note }, most }: { reader: Reader; most: number }) {
  return (
    <tr>
      <th scope="row">
        {name}
        {note && <small class={styles.note}>{note}</small>}
      </th>
      <td>{sort}</td>
      <td class={styles.number}>{count(position)}</td>
      <td class={styles.number}>{lag === 0 ? 'caught up' : count(lag)}</td>
      <td class={styles.bar}>
        <span style={{ width: `${(lag / most) * 100}%` }} />
      </td>
    </tr>
  );
}
