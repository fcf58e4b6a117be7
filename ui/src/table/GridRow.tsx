import type { ComponentChildren } from 'preact';
import { memo } from 'preact/compat';

import { cellId } from './active';
import { MISSING, NESTED, NULL } from './cells';
import type { Column } from './layout';
import { marked } from './marked';
import type { Row } from './windows';
import styles from './Grid.module.css';

interface Props {
  id: string;
  /** Its place in the arrangement. */
  place: number;
  /** In px, from where its group begins. */
  top: number;
  /** Undefined: it is on its way. */
  row: Row | undefined;
  columns: Column[];
  /** The place of the first of these among those that are shown. */
  first: number;
  width: number;
  numbersWidth: number;
  /** The place of the active cell among those that are shown; -1: none is. */
  active: number;
  /** The column whose cell is open. */
  openColumn: string | null;
  /** What is searched for. */
  needle: string;
}

export const GridRow = memo(function GridRow(props: Props) {
  const { id, place, top, row, columns, first, width, numbersWidth, active, openColumn, needle } = props;
  return (
    <div
      role="row"
      aria-rowindex={place + 2}
      aria-busy={!row || undefined}
      class={styles.row}
      data-place={place}
      data-row={row?.number}
      style={{ top, width }}
    >
      <div role="rowheader" aria-colindex={1} class={styles.numbers} style={{ width: numbersWidth }}>
        {row?.number}
      </div>
      {columns.map((column, n) => {
        const kind = row?.kinds[column.place];
        const isActive = active === first + n;
        return (
          <div
            key={column.heading.name}
            id={isActive ? cellId(id, place, column.place) : undefined}
            role="gridcell"
            aria-colindex={first + n + 2}
            class={column.heading.type === 'number' ? CELL_OF_NUMBERS : CELL}
            data-column={column.place}
            data-nested={kind === NESTED || undefined}
            data-active={isActive || undefined}
            data-open={openColumn === column.heading.name || undefined}
            style={{ left: numbersWidth + column.left, width: column.width }}
          >
            {row && shown(kind, row.texts[column.place] ?? '', needle)}
          </div>
        );
      })}
    </div>
  );
});

const CELL = styles.cell ?? '';
const CELL_OF_NUMBERS = `${CELL} ${styles.number ?? ''}`;

/** Nothing is blank: what is not there, and a text without letters, say so. */
function shown(kind: number | undefined, text: string, needle: string): ComponentChildren {
  if (kind === MISSING) return <i title="This row lacks the column">missing</i>;
  if (kind === NULL || text === 'NaN') return <i>{text}</i>;
  if (text === '') return <i title="A text without letters">""</i>;
  if (needle === '') return text;
  return marked(text, needle).map((part, n) => (n % 2 ? <mark key={n}>{part}</mark> : part));
}
