import { useQuery } from '@tanstack/react-query';

import { addressOf, ask } from '../../api/client';
import { CopyButton } from '../../parts/CopyButton';
import { Fault } from '../../parts/Fault';
import styles from './Checkpoint.module.css';

/** Where the log ends, signed, and the key it is checked with: to be kept elsewhere. */
export function Checkpoint() {
  return (
    <section aria-labelledby="checkpoint">
      <h2 id="checkpoint">Checkpoint</h2>
      <p class={styles.said}>
        Where the log ends, signed. Kept elsewhere, it shows whatever is altered below it later.
      </p>
      <Text path="/log/checkpoint" label="Copy the checkpoint" />
      <p class={styles.said}>The public key that checkpoints of this log are checked with:</p>
      <Text path="/log/key" label="Copy the key" />
    </section>
  );
}

function Text({ path, label }: { path: string; label: string }) {
  const { data, error, refetch, isFetching } = useQuery({
    queryKey: [path],
    queryFn: async ({ signal }) => (await ask('get', addressOf(path), undefined, signal)).text(),
    staleTime: 0,
  });
  if (error) return <Fault error={error} retry={() => void refetch()} />;
  if (data === undefined) return null;
  return (
    <div class={styles.text}>
      <pre tabIndex={0} aria-label={path}>
        {data}
      </pre>
      <div class={styles.actions}>
        <CopyButton text={data} label={label} />
        {path === '/log/checkpoint' && (
          <button type="button" disabled={isFetching} onClick={() => void refetch()}>
            Sign anew
          </button>
        )}
      </div>
    </div>
  );
}
