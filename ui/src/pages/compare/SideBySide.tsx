import { useQuery } from '@tanstack/react-query';

import { read } from '../../api/client';
import type { Begun } from '../../api/schema';
import { Fault } from '../../parts/Fault';
import { count } from '../../parts/numbers';
import { Skeleton } from '../../parts/Skeleton';
import { toArtifact } from '../../shell/addresses';
import { Link } from '../../shell/Link';
import type { Named } from './useComparison';
import styles from './diff.module.css';

/** Both as they are, without marks, and why. */
export function SideBySide({ named, why }: { named: Named; why: string }) {
  const { data, error } = useQuery({
    queryKey: ['/ui/sides', named],
    queryFn: ({ signal }) => read('/ui/sides', { query: { ...named } }, signal),
  });
  return (
    <>
      <p class={styles.note} role="status">
        {why}
      </p>
      {error && <Fault error={error} />}
      {!data && !error && <Skeleton />}
      {data && (
        <div class={styles.sides}>
          <Side name="Before" side={data.from} />
          <Side name="After" side={data.to} />
        </div>
      )}
    </>
  );
}

function Side({ name, side }: { name: string; side: Begun }) {
  const isCut = side.beginning.length < side.characters;
  return (
    <section aria-label={name}>
      <h2>{name}</h2>
      <p class={styles.quiet}>
        SHA-256 <code>{side.sha256.slice(0, 12)}</code>, {count(side.characters)} characters
        {isCut && `, of which the first ${count(side.beginning.length)} are shown`}
        {'. '}
        <Link to={toArtifact(side.id)}>Open it</Link>
      </p>
      <pre tabIndex={0}>{side.beginning}</pre>
    </section>
  );
}
