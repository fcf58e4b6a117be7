import { useId, useState } from 'preact/hooks';

import { addressOf } from '../api/client';
import { Empty } from '../parts/Empty';
import { Fault } from '../parts/Fault';
import { Skeleton } from '../parts/Skeleton';
import { useAt } from '../shell/at';
import { CellCard } from './CellCard';
import { Grid } from './Grid';
import { TableBar } from './TableBar';
import { TableFault } from './remote';
import { TABLE_BYTES_MAX } from './table';
import { TableFaultNotice } from './TableFaultNotice';
import { useArrangement } from './useArrangement';
import { useRemoteTable } from './useRemoteTable';
import { useView } from './useView';
import { sortedNext } from './view';
import styles from './TableContent.module.css';

interface Props {
  artifactId: string;
  /** Null: it has none, and so nobody is blamed for its cells. */
  artifactKey: string | null;
  /** Of its data. Null: it is not known. */
  bytes: number | null;
  /** Where the data was recorded: when this changes, it is fetched anew. */
  dataPosition: number | null;
}

/** The data of a table: sorted, searched, and each cell with its history. */
export function TableContent({ artifactId, artifactKey, bytes, dataPosition }: Props) {
  const at = useAt();
  const data = (format: string, query = {}) =>
    addressOf('/ui/artifacts/{artifact_id}/data', {
      path: { artifact_id: artifactId },
      query: { format, as_of: at, ...query },
    });
  const downloads = { CSV: data('csv', { download: true }), JSON: data('json', { download: true }) };
  const isTooLarge = bytes !== null && bytes > TABLE_BYTES_MAX;
  const { table, error, retry } = useRemoteTable(isTooLarge ? null : data('json'), dataPosition);
  const [view, setView] = useView();
  const { sort, search, header, cell } = view;
  const seen = useArrangement(table, { sort, search, header });
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const id = useId();
  const heading = seen?.arranged.headings.find(({ name }) => name === cell?.column);

  if (isTooLarge) return <TableFaultNotice fault={{ fault: 'too large', bytes }} downloads={downloads} />;
  if (error instanceof TableFault) return <TableFaultNotice fault={error.fault} downloads={downloads} />;
  if (error) return <Fault error={error} retry={retry} />;
  if (!seen) return <Skeleton />;
  if (seen.arranged.headings.length === 0) {
    return (
      <Empty title={seen.table.height ? 'This table has rows, but no columns' : 'This table has no rows'} />
    );
  }
  return (
    <div class={styles.table}>
      <TableBar seen={seen} view={view} setView={setView} downloads={downloads} />
      <Grid
        id={id}
        seen={seen}
        view={view}
        sort={(column, adds) => setView({ sort: sortedNext(sort, column, adds) })}
        resize={(column, width) => setView({ widths: changed(view.widths, column, width) })}
        open={(next) => setView({ cell: next })}
        anchored={setAnchor}
      />
      {cell && heading && anchor && (
        <CellCard
          key={`${cell.row}:${cell.column}`}
          remote={seen.table.remote}
          row={cell.row}
          heading={heading}
          artifactId={artifactId}
          artifactKey={artifactKey}
          anchor={anchor}
          close={() => setView({ cell: null })}
        />
      )}
    </div>
  );
}

/** The widths with one set anew; null: as wide as its content. */
function changed(
  widths: ReadonlyMap<string, number>,
  column: string,
  width: number | null,
): Map<string, number> {
  const next = new Map(widths);
  if (width === null) next.delete(column);
  else next.set(column, width);
  return next;
}
