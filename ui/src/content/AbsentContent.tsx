import { Eraser } from 'lucide-preact';

import type { Absent } from '../api/schema';
import { Empty } from '../parts/Empty';
import { Time } from '../parts/Time';
import { count } from '../parts/numbers';

const WHY: Record<Absent['reason'], string> = {
  erased: 'The content was erased',
  retired: 'The content was let go by a retention policy',
  archived: 'The content is in an archive that cannot be read now',
  missing: 'The content is missing, and nothing says why',
};

/** Says why content is there no more, and which event took it away. */
export function AbsentContent({ absent: { reason, cause } }: { absent: Absent }) {
  return (
    <Empty title={WHY[reason]}>
      {cause && (
        <p>
          <Eraser size={14} aria-hidden /> By {cause.actor}, <Time at={cause.recorded} ago />, as the event at
          position {count(cause.position)} says. When it was published, by whom and its hash stay.
        </p>
      )}
      {reason === 'missing' && <p>Let whoever runs this server verify the log.</p>}
    </Empty>
  );
}
