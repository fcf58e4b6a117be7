import { useState } from 'preact/hooks';

import { write } from '../../api/client';
import { CopyButton } from '../../parts/CopyButton';
import { Empty } from '../../parts/Empty';
import { useAt } from '../../shell/at';
import { Link } from '../../shell/Link';
import { useToast } from '../../shell/toasts';
import { CALLS, EXAMPLES } from './examples';
import styles from './NoArtifacts.module.css';

/** What a log without artifacts shows: how to publish some. */
export function NoArtifacts({ unnamed }: { unnamed: boolean }) {
  const isPast = useAt() !== null;
  if (isPast) return <Empty title="There was no artifact then" />;
  if (unnamed) {
    return (
      <Empty title="Every artifact has a key">
        <p>What is published without one is listed here.</p>
        <Link to="/artifacts">All keys</Link>
      </Empty>
    );
  }
  return (
    <Empty title="No artifact has been published yet">
      <p>Publish from a flow, a task, or any program, with Prefect as it is:</p>
      <pre class={styles.calls} tabIndex={0} aria-label="Calls of Prefect's SDK">
        {CALLS}
      </pre>
      <div class={styles.actions}>
        <PublishButton />
        <CopyButton text={CALLS} label="Copy the code" />
      </div>
    </Empty>
  );
}

/** Publishes an example of every type. They come into the list as all else does. */
function PublishButton() {
  const [isBusy, setBusy] = useState(false);
  const toast = useToast();
  const publish = async () => {
    setBusy(true);
    try {
      await write('post', '/artifacts/batch', {}, { artifacts: EXAMPLES });
    } catch (error) {
      toast(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <button type="button" class="primary" disabled={isBusy} onClick={() => void publish()}>
      Publish one now
    </button>
  );
}
