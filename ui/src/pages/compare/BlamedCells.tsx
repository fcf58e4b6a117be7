import { useRef } from 'preact/hooks';

import type { Blame } from '../../api/schema';
import { count } from '../../parts/numbers';
import { useParams } from '../../shell/params';
import { ageOf, Card, versionOf } from './BlameTab';
import { cellText } from './tableRows';
import { Was } from './Was';
import styles from './blame.module.css';

const MOVES: Record<string, [number, number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** A table's cells, the newer the stronger; one of them open, with who changed it from what. */
export function BlamedCells({ blame: { found, states, columns, offset } }: { blame: Blame }) {
  const names = columns ?? [];
  const { get, set } = useParams();
  const grid = useRef<HTMLTableElement>(null);
  const [row = offset, column = 0] = (get('cell') ?? '').split('.').filter(Boolean).map(Number);
  const open = get('cell') === null ? undefined : found[row - offset];
  const choose = (place: number, index: number) =>
    set({ cell: `${offset + place}.${index}` }, { replace: true });
  const move = (event: KeyboardEvent, place: number, index: number) => {
    if (event.key === 'Enter' || event.key === ' ') choose(place, index);
    const [down, right] = MOVES[event.key] ?? [0, 0];
    const next = grid.current?.rows[place + down + 1]?.cells[index + right + 1];
    if (event.key !== 'Enter' && event.key !== ' ' && !(event.key in MOVES)) return;
    event.preventDefault();
    event.stopPropagation();
    if ((down || right) && next?.role === 'gridcell') next.focus();
  };
  const state = open?.states?.[column];
  const author = state === undefined ? undefined : states[state];
  return (
    <>
      <p class={styles.legend}>
        <span class={styles.ages}>
          newest
          {[0, 1, 2, 3, 4].map((age) => (
            <span key={age} data-age={age} class={styles.swatch} />
          ))}
          oldest.
        </span>
        <span>Choose a cell to see who changed it.</span>
      </p>
      {open && author && (
        <aside class={styles.card} aria-label="Who changed the cell" aria-live="polite">
          <h3>
            {names[column]}, row {count(row)}
          </h3>
          <Was before={open.before?.[column]} after={open.cells?.[column]} />
          <Card state={author} />
        </aside>
      )}
      <div class={styles.scroll}>
        <table class={styles.cells} role="grid" aria-label="Cells, and who last changed each" ref={grid}>
          <thead>
            <tr>
              <th scope="col">row</th>
              {names.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {found.map(({ row: place, cells, states: of }, index) => (
              <tr key={place}>
                <th scope="row" class={styles.number}>
                  {count(place ?? 0)}
                </th>
                {names.map((name, each) => {
                  const here = of?.[each] ?? 0;
                  const isOpen = place === row && each === column;
                  const by = states[here];
                  return (
                    <td
                      key={name}
                      role="gridcell"
                      data-age={ageOf(here, states)}
                      tabIndex={isOpen ? 0 : -1}
                      aria-selected={isOpen && open !== undefined}
                      title={by && `${versionOf(by)} by ${by.actor}`}
                      onClick={() => choose(index, each)}
                      onKeyDown={(event) => move(event, index, each)}
                    >
                      {cellText(cells?.[each])}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
