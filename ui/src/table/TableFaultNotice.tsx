import { count, counted, size } from '../parts/numbers';
import { Empty } from '../parts/Empty';
import type { Excerpt } from './excerpt';
import type { Fault } from './protocol';
import { CELLS_MAX, TABLE_BYTES_MAX } from './table';
import { Downloads } from './Downloads';
import styles from './TableFaultNotice.module.css';

interface Props {
  fault: Fault;
  /** Name of a format → address. */
  downloads: Record<string, string>;
}

/** Why a table can't be shown as one, and what there is instead. */
export function TableFaultNotice({ fault, downloads }: Props) {
  switch (fault.fault) {
    case 'unparsable':
      return (
        <>
          <Empty title="This is no table that can be read">
            <p>
              Line {count(fault.place.line)}, column {count(fault.place.column)}: {fault.message}.
            </p>
          </Empty>
          <Raw excerpt={fault.excerpt} />
        </>
      );
    case 'too large':
      return (
        <Empty title={`This table has ${size(fault.bytes)}`}>
          <p>Up to {size(TABLE_BYTES_MAX)} are shown here. All of it can be taken along.</p>
          <Downloads downloads={downloads} />
        </Empty>
      );
    case 'too many cells':
      return (
        <Empty title={`This table has more than ${counted(CELLS_MAX, 'cell')}`}>
          <p>So many are not shown here. All of it can be taken along.</p>
          <Downloads downloads={downloads} />
        </Empty>
      );
    default:
      return (
        <Empty title="This table could not be opened">
          <p>{'message' in fault ? fault.message : fault.fault}</p>
          <Downloads downloads={downloads} />
        </Empty>
      );
  }
}

/** The text as it was sent, with the place of the fault marked. */
function Raw({ excerpt: { before, after, leftOutBefore, leftOutAfter } }: { excerpt: Excerpt }) {
  const [found = ''] = after;
  return (
    <>
      {leftOutBefore > 0 && <p>{counted(leftOutBefore, 'character')} before this are not shown.</p>}
      <pre class={styles.raw} tabIndex={0} aria-label="The text as it was sent">
        {before}
        <mark class={styles.here}>{found || '⏎'}</mark>
        {after.slice(found.length)}
      </pre>
      {leftOutAfter > 0 && <p>{counted(leftOutAfter, 'character')} behind this are not shown.</p>}
    </>
  );
}
