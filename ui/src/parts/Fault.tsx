import { useEffect, useState } from 'preact/hooks';
import { CircleAlert } from 'lucide-preact';

import { ApiError } from '../api/client';
import { TokenField } from './TokenField';
import styles from './Notice.module.css';

interface Props {
  error: Error;
  /** Ask again. */
  retry?: () => void;
}

/** What went wrong, in the server's words, and what can be done. */
export function Fault({ error, retry }: Props) {
  const status = error instanceof ApiError ? error.status : null;
  if (status === 401) return <TokenField />;
  return (
    <div role="alert" class={styles.notice}>
      <CircleAlert size={18} aria-hidden />
      <p>{error.message}</p>
      {retry && <Retry retry={retry} afterS={error instanceof ApiError ? error.retryAfterS : null} />}
    </div>
  );
}

function Retry({ retry, afterS }: { retry: () => void; afterS: number | null }) {
  const [left, setLeft] = useState(afterS);
  useEffect(() => {
    if (left === null) return;
    if (left <= 0) {
      retry();
      return;
    }
    const timer = window.setTimeout(() => setLeft(left - 1), 1_000);
    return () => window.clearTimeout(timer);
  }, [left, retry]);
  return (
    <button type="button" onClick={retry}>
      {left === null ? 'Try again' : `Try again (in ${left} s)`}
    </button>
  );
}
