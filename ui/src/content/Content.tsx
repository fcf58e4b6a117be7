import { lazy, Suspense } from 'preact/compat';

import type { Facts } from '../api/schema';
import { Empty } from '../parts/Empty';
import { Skeleton } from '../parts/Skeleton';
import { AbsentContent } from './AbsentContent';
import { HtmlContent } from './HtmlContent';
import { ImageContent } from './ImageContent';
import { LinkContent } from './LinkContent';
import { MarkdownContent } from './MarkdownContent';
import { NumberContent } from './NumberContent';
import { ProgressContent } from './ProgressContent';
import { TextContent } from './TextContent';

const TableContent = lazy(() =>
  import('../table/TableContent').then(({ TableContent }) => ({ default: TableContent })),
);

/** What an artifact says, shown by what it is. Never blank. */
export function Content({ facts }: { facts: Facts }) {
  const { preview, shown_as: shownAs, type } = facts;
  if (facts.absent) return <AbsentContent absent={facts.absent} />;
  if (preview.kind === 'nothing' && facts.data_bytes === NULL_BYTES) {
    return <Empty title="Published without data" />;
  }
  if (type === 'html') return <HtmlContent facts={facts} />;
  switch (shownAs) {
    case 'markdown':
      return <MarkdownContent facts={facts} />;
    case 'link':
      return <LinkContent facts={facts} />;
    case 'image':
      return <ImageContent facts={facts} />;
    case 'progress':
      return preview.kind === 'progress' ? <ProgressContent facts={facts} /> : <TextContent facts={facts} />;
    case 'number':
      return <NumberContent facts={facts} />;
    case 'table':
      return (
        <Suspense fallback={<Skeleton />}>
          <TableContent
            artifactId={facts.id}
            artifactKey={facts.key}
            bytes={facts.data_bytes}
            dataPosition={facts.data_position}
          />
        </Suspense>
      );
    default:
      return <TextContent facts={facts} />;
  }
}

/** Of the JSON text `null`. */
const NULL_BYTES = 4;
