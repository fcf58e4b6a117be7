import { useState } from 'preact/hooks';

import type { Facts } from '../api/schema';
import { Empty } from '../parts/Empty';
import { Fault } from '../parts/Fault';
import { Skeleton } from '../parts/Skeleton';
import { count } from '../parts/numbers';
import { pretty } from '../table/pretty';
import { jsonFault } from './jsonFault';
import styles from './TextContent.module.css';
import { useData } from './useData';

/** Characters that are shown, until more are asked for: a browser takes long to lay out more. */
const SHOWN_CHARS_MAX = 200_000;

interface Props {
  facts: Facts;
  /** Why it is shown as a text. */
  note?: string;
}

/** JSON on several lines, or a text as it is. What should have been JSON says where it breaks off. */
export function TextContent({ facts, note }: Props) {
  const [all, setAll] = useState(false);
  const { data: json, error, refetch } = useData(facts, 'json');
  if (error) return <Fault error={error} retry={() => void refetch()} />;
  if (json === undefined) return <Skeleton />;
  const { text, fault } = shownText(json);
  if (text === '') return <Empty title="This is an empty text" />;
  const shown = all ? text : text.slice(0, SHOWN_CHARS_MAX);
  const why = note ?? fault;
  return (
    <>
      {why && (
        <p class={styles.note} role="note">
          {why}
        </p>
      )}
      <pre class={styles.text} tabIndex={0}>
        {shown}
      </pre>
      {shown.length < text.length && (
        <p class={styles.note}>
          {count(text.length - shown.length)} more characters.{' '}
          <button type="button" onClick={() => setAll(true)}>
            Show all
          </button>
        </p>
      )}
    </>
  );
}

/** What is shown of data, given as JSON text; and what is wrong with a string that looks like JSON. */
function shownText(json: string): { text: string; fault: string | null } {
  if (!json.startsWith('"')) return { text: pretty(json), fault: null };
  const text = JSON.parse(json) as string;
  if (!/^\s*[[{]/.test(text)) return { text, fault: null };
  const fault = jsonFault(text);
  return fault ? { text, fault } : { text: pretty(text), fault: null };
}
