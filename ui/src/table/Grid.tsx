import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';

import { counted } from '../parts/numbers';
import { type Cell, cellId, HEADER, moved } from './active';
import { GridHeader } from './GridHeader';
import { GridRow } from './GridRow';
import { layOut } from './layout';
import { HEADER_PX, nearest, ROW_PX, ROWS_TOGETHER } from './range';
import { Scale } from './scale';
import type { Seen } from './useArrangement';
import { useRange } from './useRange';
import { useSize } from './useSize';
import type { View } from './view';
import styles from './Grid.module.css';

const DIGIT_PX = 8;
/** So many rows are placed from one base: near it, no place is too large a number for a browser. */
const BASE_ROWS = 1000;
const WIDTH_STEP_PX = 16;

interface Props {
  id: string;
  seen: Seen;
  view: View;
  /** A title was chosen; `adds`: beside the columns that sort already. */
  sort: (column: string, adds: boolean) => void;
  /** Null: as wide as its content. */
  resize: (column: string, width: number | null) => void;
  open: (cell: View['cell']) => void;
  /** Told which element is the cell that is open; null: it is not on the page. */
  anchored: (element: HTMLElement | null) => void;
}

/** The rows of an arrangement, of which those exist that are seen. One tab stop; arrow keys move in it. */
export function Grid({ id, seen, view, sort, resize, open, anchored }: Props) {
  const { arranged, windows, table } = seen;
  const scroller = useRef<HTMLDivElement>(null);
  const size = useSize(scroller);
  const [active, setActive] = useState<Cell | null>(null);
  const numbersWidth = DIGIT_PX * String(table.height).length + 22;
  const columns = useMemo(
    () => layOut(arranged.headings, view.hidden, view.widths, size.width - numbersWidth),
    [arranged.headings, view.hidden, view.widths, size.width, numbersWidth],
  );
  const end = columns.at(-1);
  const width = numbersWidth + (end ? end.left + end.width : 0);

  const scale = useMemo(
    () => new Scale(arranged.found * ROW_PX + HEADER_PX, size.height),
    [arranged.found, size.height],
  );
  const { first, last, left, right, origin } = useRange(scroller, {
    rows: arranged.found,
    columns,
    scale,
    width: size.width - numbersWidth,
    height: size.height,
  });
  useEffect(() => windows.show(first, last), [windows, first, last]);
  const shown = useMemo(() => columns.slice(left, right + 1), [columns, left, right]);
  /** Rows are placed from here on; a row keeps its place while the view moves. */
  const base = first - (first % BASE_ROWS);
  /** Elements of groups that are not seen any more become those that are seen next. */
  const pool = useRef(1);
  pool.current = Math.max(pool.current, Math.ceil((last - first + 1) / ROWS_TOGETHER));

  useEffect(() => {
    if (scroller.current) scroller.current.scrollTop = 0;
  }, [view.sort, view.search]);

  const reveal = ({ row, column }: Cell): void => {
    const element = scroller.current;
    if (!element) return;
    const at = columns[column];
    if (at) {
      const room = element.clientWidth - numbersWidth;
      element.scrollLeft = nearest(element.scrollLeft, at.left, at.left + at.width, room);
    }
    if (row === HEADER) return;
    const from = scale.toContent(element.scrollTop);
    const to = nearest(from, row * ROW_PX, (row + 1) * ROW_PX, element.clientHeight - HEADER_PX);
    if (to !== from) element.scrollTop = scale.toScrolled(to);
  };
  const go = (cell: Cell): void => {
    setActive(cell);
    reveal(cell);
  };

  const openCell = view.cell;
  const openPlace = arranged.headings.findIndex(({ name }) => name === openCell?.column);
  const openElement = () =>
    openCell &&
    (scroller.current?.querySelector<HTMLElement>(
      `[data-row="${openCell.row}"] [data-column="${openPlace}"]`,
    ) ??
      null);
  useLayoutEffect(() => anchored(openElement()));
  useEffect(() => {
    if (!openCell || openElement()) return;
    void table.remote.ask('place', { row: openCell.row }).then((row) => {
      const column = columns.findIndex(({ place }) => place === openPlace);
      if (row !== -1 && column !== -1) go({ row, column });
    });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- only another cell or arrangement moves the view
  }, [arranged, openCell?.row, openCell?.column]);

  const choose = (cell: Cell): void => {
    const column = columns[cell.column];
    const row = windows.row(cell.row);
    if (!column || !row) return;
    const isOpen = openCell?.row === row.number && openCell.column === column.heading.name;
    open(isOpen ? null : { row: row.number, column: column.heading.name });
  };

  const press = (event: KeyboardEvent): void => {
    const here = active ?? { row: 0, column: 0 };
    const column = columns[here.column];
    const page = Math.max(1, Math.floor((size.height - HEADER_PX) / ROW_PX) - 1);
    if (event.altKey && column && (event.key === 'ArrowLeft' || event.key === 'ArrowRight')) {
      resize(
        column.heading.name,
        column.width + (event.key === 'ArrowLeft' ? -WIDTH_STEP_PX : WIDTH_STEP_PX),
      );
    } else if (event.key === 'Enter' && column) {
      if (here.row === HEADER) sort(column.heading.name, event.shiftKey);
      else choose(here);
    } else if (event.key === 'Escape' && openCell) {
      open(null);
    } else {
      const next = moved(active, event, { rows: arranged.found, columns: columns.length, page });
      if (!next) return;
      go(next);
    }
    event.preventDefault();
  };

  const click = (event: MouseEvent): void => {
    const cell = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-column]') : null;
    const row = cell?.closest<HTMLElement>('[data-place]');
    if (!cell || !row) return;
    const at = {
      row: Number(row.dataset.place),
      column: columns.findIndex(({ place }) => place === Number(cell.dataset.column)),
    };
    setActive(at);
    if (!getSelection()?.toString()) choose(at);
  };

  const activeId =
    active && (active.row === HEADER || (active.row >= first && active.row <= last))
      ? cellId(id, active.row, columns[active.column]?.place ?? 0)
      : undefined;
  return (
    <div
      ref={scroller}
      class={styles.grid}
      role="grid"
      tabIndex={0}
      aria-label="Table"
      aria-rowcount={arranged.found + 1}
      aria-colcount={columns.length + 1}
      aria-activedescendant={activeId}
      data-scroll={id}
      onKeyDown={press}
      onFocus={() => setActive((cell) => cell ?? { row: 0, column: 0 })}
    >
      <GridHeader
        id={id}
        columns={shown}
        first={left}
        width={width}
        numbersWidth={numbersWidth}
        sorted={view.sort}
        active={active?.row === HEADER ? active.column : -1}
        sort={sort}
        resize={resize}
      />
      <div
        role="rowgroup"
        class={styles.body}
        style={{ width, height: scale.height - HEADER_PX }}
        onClick={click}
      >
        <div
          role="presentation"
          class={styles.window}
          style={{ transform: `translateY(${origin + base * ROW_PX}px)` }}
        >
          {starts(first, last).map((start) => (
            <div
              key={(start / ROWS_TOGETHER) % pool.current}
              role="presentation"
              class={styles.group}
              style={{ top: (start - base) * ROW_PX }}
            >
              {places(start, Math.min(start + ROWS_TOGETHER - 1, last)).map((place) => (
                <GridRow
                  key={place - start}
                  id={id}
                  place={place}
                  top={(place - start) * ROW_PX}
                  row={windows.row(place)}
                  columns={shown}
                  first={left}
                  width={width}
                  numbersWidth={numbersWidth}
                  active={active?.row === place ? active.column : -1}
                  openColumn={
                    openCell && windows.row(place)?.number === openCell.row ? openCell.column : null
                  }
                  needle={seen.arrangement.search}
                />
              ))}
            </div>
          ))}
        </div>
      </div>
      {arranged.found === 0 && (
        <p class={styles.none} role="presentation">
          In none of {counted(arranged.height, 'row')} is “{seen.arrangement.search}”.
        </p>
      )}
    </div>
  );
}

/** Where groups of rows begin. `first` is where one does. */
function starts(first: number, last: number): number[] {
  return places(0, Math.floor((last - first) / ROWS_TOGETHER)).map((n) => first + n * ROWS_TOGETHER);
}

function places(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, n) => first + n);
}
