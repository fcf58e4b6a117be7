import { useState } from 'preact/hooks';

import type { Facts } from '../../api/schema';
import { AbsentContent } from '../../content/AbsentContent';
import { useData } from '../../content/useData';
import { CopyButton } from '../../parts/CopyButton';
import { Fault } from '../../parts/Fault';
import { Skeleton } from '../../parts/Skeleton';
import { count, counted, size } from '../../parts/numbers';
import styles from './RawTab.module.css';

const SHOWN_CHARS_MAX = 500_000;

/** The data to the letter, as it was published: a string's own text, or the JSON that was sent. */
export function RawTab({ facts }: { facts: Facts }) {
  const [all, setAll] = useState(false);
  const { data: text, error, refetch } = useData(facts, 'text');
  if (facts.absent) return <AbsentContent absent={facts.absent} />;
  if (error) return <Fault error={error} retry={() => void refetch()} />;
  if (text === undefined) return <Skeleton />;
  const shown = all ? text : text.slice(0, SHOWN_CHARS_MAX);
  return (
    <div class={styles.raw}>
      <p class={styles.bar}>
        <span>
          {size(new Blob([text]).size)}, {counted(text.split('\n').length, 'line')}, to the letter
        </span>
        <CopyButton text={text} label="Copy all" />
      </p>
      <pre tabIndex={0}>{shown}</pre>
      {shown.length < text.length && (
        <button type="button" onClick={() => setAll(true)}>
          Show {count(text.length - shown.length)} more characters
        </button>
      )}
    </div>
  );
}
