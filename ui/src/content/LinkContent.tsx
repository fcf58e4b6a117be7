import { ExternalLink } from 'lucide-preact';

import type { Facts } from '../api/schema';
import { Fault } from '../parts/Fault';
import { Skeleton } from '../parts/Skeleton';
import { TextContent } from './TextContent';
import styles from './LinkContent.module.css';
import { linkOf } from './link';
import { useData } from './useData';

/** A link, with where it leads for all to see. */
export function LinkContent({ facts }: { facts: Facts }) {
  const { data, error, refetch } = useData(facts, 'text');
  if (error) return <Fault error={error} retry={() => void refetch()} />;
  if (data === undefined) return <Skeleton rows={2} />;
  const link = linkOf(data);
  if (!link) return <TextContent facts={facts} note="This leads nowhere that a page may lead to." />;
  const { href, text, host, rest } = link;
  return (
    <a class={styles.link} href={href} target="_blank" rel="noopener noreferrer nofollow">
      <span class={styles.text}>
        {text} <ExternalLink size={16} aria-label="(opens elsewhere)" />
      </span>
      <span class={styles.address}>
        <b>{host}</b>
        {rest}
      </span>
    </a>
  );
}
