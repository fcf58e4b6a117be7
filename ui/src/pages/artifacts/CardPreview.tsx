import type { Card, Trend } from '../../api/schema';
import { count, size } from '../../parts/numbers';
import { useNow } from '../../parts/useNow';
import { left } from './left';
import styles from './CardPreview.module.css';

const WHOLE = 100;
const ABSENT: Record<string, string> = {
  erased: 'Erased: its content was taken away.',
  retired: 'A retention policy let its content go.',
  archived: 'In the archive: open it to read it from there.',
};

/** What a row shows of an artifact's data, and what its last change was. */
export function CardPreview({ card, trend }: { card: Card; trend?: Trend | undefined }) {
  return (
    <span class={styles.preview}>
      <Content preview={card.preview} trend={trend} />
    </span>
  );
}

function Content({ preview, trend }: { preview: Card['preview']; trend: Trend | undefined }) {
  switch (preview.kind) {
    case 'progress':
      return <ProgressBar value={preview.value} trend={trend} />;
    case 'table':
      return (
        <>
          <span class={styles.extent}>
            {count(preview.rows)} × {count(preview.columns)}
          </span>
          <Change trend={trend} />
          <span class={styles.quiet}>{preview.names.join(', ')}</span>
        </>
      );
    case 'text':
      return <span class={styles.line}>{preview.line}</span>;
    case 'json':
      return <code class={styles.line}>{preview.line}</code>;
    case 'link':
      return (
        <>
          <span class={styles.line}>{preview.text || preview.href}</span>
          <span class={styles.quiet}>{place(preview.href, preview.host)}</span>
        </>
      );
    case 'image':
      return <Thumbnail src={preview.src} />;
    case 'nothing':
      return <em class={styles.quiet}>Published without data.</em>;
    case 'large':
      return <span class={styles.quiet}>{size(preview.bytes)}, too large to look into here</span>;
    case 'absent':
      return <em class={styles.quiet}>{ABSENT[preview.reason] ?? 'Its content is there no more.'}</em>;
  }
}

function ProgressBar({ value, trend }: { value: number; trend: Trend | undefined }) {
  const said = left(trend, useNow());
  const whole = Math.min(WHOLE, Math.max(0, value));
  return (
    <>
      <progress
        class={styles.bar}
        max={WHOLE}
        value={whole}
        aria-label="Progress"
        data-done={whole === WHOLE || undefined}
      />
      <span class={styles.extent}>{Number(value.toFixed(1))}%</span>
      {said && <span class={styles.quiet}>{said}</span>}
    </>
  );
}

/** An image that holds itself is shown; of one elsewhere only where it is, so that nobody is told who looks. */
function Thumbnail({ src }: { src: string }) {
  if (src.startsWith('data:')) return <img class={styles.thumbnail} src={src} alt="" />;
  return <span class={styles.line}>{place(src, new URL(src).host)}</span>;
}

function Change({ trend }: { trend: Trend | undefined }) {
  const isChange = trend?.summary && trend.points.length > 1 && trend.summary !== 'no change';
  return isChange ? <span class={styles.change}>{trend.summary}</span> : null;
}

/** Where a link leads, in short: `nyc3.example.com/…/data.csv`. */
export function place(href: string, host: string): string {
  if (href.startsWith('mailto:')) return host;
  const parts = new URL(href).pathname.split('/').filter(Boolean);
  const last = parts[parts.length - 1];
  if (last === undefined) return host;
  return `${host}/${parts.length > 1 ? '…/' : ''}${decoded(last)}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
