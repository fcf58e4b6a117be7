import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'preact/hooks';

import { addressOf, ask } from '../api/client';
import type { Document, Facts } from '../api/schema';
import { Empty } from '../parts/Empty';
import { Fault } from '../parts/Fault';
import { Skeleton } from '../parts/Skeleton';
import { size } from '../parts/numbers';
import { useAt } from '../shell/at';
import styles from './MarkdownContent.module.css';
import { Prose } from './Prose';

interface Props {
  facts: Facts;
  part?: 'data' | 'description';
}

/** Markdown as a document: the data, or what describes it. */
export function MarkdownContent({ facts, part = 'data' }: Props) {
  const [whole, setWhole] = useState(false);
  const [dedent, setDedent] = useState(true);
  const { data: found, error, refetch } = useRendered(facts, part, whole, dedent);
  if (error) return <Fault error={error} retry={() => void refetch()} />;
  if (!found) return <Skeleton rows={part === 'data' ? 8 : 1} />;
  if (found.html.trim() === '') {
    return part === 'data' ? <Empty title="This document has no text" /> : null;
  }
  return (
    <div class={part === 'data' ? styles.page : undefined}>
      {(found.dedented || !dedent) && (
        <p class={styles.note}>
          {found.dedented
            ? 'The text was indented as a whole, which would make it one block of code. It is shown without that.'
            : 'The text is indented as a whole, and is shown as it was written.'}{' '}
          <button type="button" onClick={() => setDedent(!dedent)}>
            {found.dedented ? 'Show as written' : 'Put it right'}
          </button>
        </p>
      )}
      <Prose html={found.html} name={part === 'data' ? (facts.key ?? 'Document') : 'Description'} />
      {!found.is_whole && (
        <p class={styles.note}>
          This is the first part of {size(found.bytes)}.{' '}
          <button type="button" onClick={() => setWhole(true)}>
            Show all
          </button>
        </p>
      )}
    </div>
  );
}

function useRendered(facts: Facts, part: 'data' | 'description', whole: boolean, dedent: boolean) {
  const at = useAt();
  return useQuery({
    queryKey: ['rendered', facts.id, part, facts.position, whole, dedent],
    queryFn: async ({ signal }) => {
      const address = addressOf('/ui/artifacts/{artifact_id}/rendered', {
        path: { artifact_id: facts.id },
        query: { part, whole, dedent, as_of: at },
      });
      return (await ask('get', address, undefined, signal)).json() as Promise<Document>;
    },
    placeholderData: keepPreviousData,
  });
}
