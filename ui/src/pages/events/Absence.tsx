import type { LogEntry } from '../../api/schema';
import { Link } from '../../shell/Link';
import styles from './Absence.module.css';

/** Why something of an event is there no more, and the position of the event that says so. */
export interface Absent {
  position: number;
  reason: string;
  cause: number;
}

const WHY: Record<string, string> = {
  erased: 'It was erased: somebody asked that this be forgotten.',
  retired: 'It was let go by a retention policy: it had become old, and newer states say all that is kept.',
};

/** What the payload says of a body that is there no more; null: nothing. */
export function absenceOf({ event }: Pick<LogEntry, 'event'>): Absent | null {
  const payload = event['payload'] as Record<string, unknown> | undefined;
  const absent = payload?.['digsite.absent'];
  return absent === undefined ? null : (absent as Absent);
}

/** What is kept of an event whose content is gone, and why it is. */
export function Absence({ absence: { reason, cause } }: { absence: Absent }) {
  return (
    <div class={styles.absence} role="note">
      <p>
        <strong>The content of this event is there no more.</strong> {WHY[reason] ?? `It was ${reason}.`}{' '}
        <Link to={`/events?open=${cause}`}>Position {cause.toLocaleString('en')}</Link> says so.
      </p>
      <p>
        Kept: its place, who wrote it and when, what kind of event it is, and the commitment to its content.
        So the hashes still prove that nothing else was altered.
      </p>
    </div>
  );
}
