import { useEffect, useRef } from 'preact/hooks';

import type { Facts } from '../api/schema';
import { Fault } from '../parts/Fault';
import { Skeleton } from '../parts/Skeleton';
import { start } from '../start';
import styles from './HtmlContent.module.css';
import { useData } from './useData';

/**
 * A document with scripts of its own, in a sandbox: it can reach nothing, not this page, not the server, no network.
 *
 * The sandbox is an empty page with a policy of its own, and is handed the document: so it needs no credentials.
 */
export function HtmlContent({ facts }: { facts: Facts }) {
  const { data: html, error, refetch } = useData(facts, 'text');
  if (error) return <Fault error={error} retry={() => void refetch()} />;
  return html === undefined ? (
    <Skeleton />
  ) : (
    <Sandbox key={html} html={html} name={facts.key ?? 'document'} />
  );
}

function Sandbox({ html, name }: { html: string; name: string }) {
  const frame = useRef<HTMLIFrameElement>(null);
  useEffect(() => {
    const give = ({ source, data }: MessageEvent<unknown>) => {
      const there = frame.current?.contentWindow;
      if (!there || source !== there || data !== 'ready') return;
      window.removeEventListener('message', give);
      there.postMessage(html, '*'); // its origin is none
    };
    window.addEventListener('message', give);
    return () => window.removeEventListener('message', give);
  }, [html]);
  return (
    <iframe
      ref={frame}
      class={styles.frame}
      sandbox="allow-scripts"
      src={`${start.root}/sandbox`}
      title={name}
    />
  );
}
