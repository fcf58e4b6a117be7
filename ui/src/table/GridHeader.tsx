import { ArrowDown, ArrowUp } from 'lucide-preact';
import { useState } from 'preact/hooks';

import { cellId, HEADER } from './active';
import { WIDTH_MAX, WIDTH_MIN } from './columns';
import type { Column } from './layout';
import type { SortedBy } from './protocol';
import styles from './Grid.module.css';

interface Props {
  id: string;
  columns: Column[];
  /** The place of the first of these among those that are shown. */
  first: number;
  width: number;
  numbersWidth: number;
  sorted: SortedBy[];
  /** The place of the active title among those that are shown; -1: none is. */
  active: number;
  sort: (column: string, adds: boolean) => void;
  resize: (column: string, width: number | null) => void;
}

/** The titles of the columns: buttons that sort, with a handle that makes the column wider. */
export function GridHeader({ id, columns, first, width, numbersWidth, sorted, active, sort, resize }: Props) {
  return (
    <div role="rowgroup" class={styles.header} style={{ width }}>
      <div role="row" aria-rowindex={1} class={styles.titles}>
        <div role="columnheader" aria-colindex={1} class={styles.numbers} style={{ width: numbersWidth }}>
          <span class="hidden">Row</span>
        </div>
        {columns.map((column, n) => (
          <Title
            key={column.heading.name}
            id={cellId(id, HEADER, column.place)}
            column={column}
            index={first + n + 2}
            left={numbersWidth + column.left}
            rank={sorted.findIndex((each) => each.column === column.heading.name)}
            sorted={sorted}
            isActive={active === first + n}
            sort={sort}
            resize={resize}
          />
        ))}
      </div>
    </div>
  );
}

interface TitleProps extends Pick<Props, 'sorted' | 'sort' | 'resize'> {
  id: string;
  column: Column;
  /** `aria-colindex`. */
  index: number;
  left: number;
  /** Its place among the columns that sort; -1: it does not. */
  rank: number;
  isActive: boolean;
}

function Title({ id, column, index, left, rank, sorted, isActive, sort, resize }: TitleProps) {
  const { name, title, type } = column.heading;
  const by = sorted[rank];
  const Mark = by?.descending ? ArrowDown : ArrowUp;
  return (
    <div
      id={id}
      role="columnheader"
      aria-colindex={index}
      aria-sort={by ? (by.descending ? 'descending' : 'ascending') : 'none'}
      class={styles.title}
      data-active={isActive || undefined}
      data-type={type}
      style={{ left, width: column.width }}
    >
      <button
        type="button"
        tabIndex={-1}
        title={`${title}: sort by it, with Shift beside the others`}
        onClick={(event) => sort(name, event.shiftKey)}
      >
        <span class={styles.name}>{title}</span>
        {by && <Mark size={13} aria-hidden />}
        {by && sorted.length > 1 && (
          <span class={styles.rank} aria-hidden>
            {rank + 1}
          </span>
        )}
      </button>
      <Handle width={column.width} resize={(next) => resize(name, next)} />
    </div>
  );
}

/** Drag it, and the column becomes wider; twice pressed, it is as wide as its content. Keys: Alt and an arrow. */
function Handle({ width, resize }: { width: number; resize: (width: number | null) => void }) {
  const [drag, setDrag] = useState<{ from: number; width: number } | null>(null);
  return (
    <span
      class={styles.handle}
      aria-hidden
      data-dragged={drag !== null || undefined}
      onPointerDown={(event) => {
        event.preventDefault();
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag({ from: event.clientX, width });
      }}
      onPointerMove={(event) => drag && resize(bounded(drag.width + event.clientX - drag.from))}
      onPointerUp={() => setDrag(null)}
      onPointerCancel={() => setDrag(null)}
      onDblClick={() => resize(null)}
    />
  );
}

function bounded(width: number): number {
  return Math.round(Math.min(Math.max(width, WIDTH_MIN), WIDTH_MAX));
}
