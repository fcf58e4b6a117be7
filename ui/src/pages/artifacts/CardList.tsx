import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

import type { Card } from '../../api/schema';
import { useAt } from '../../shell/at';
import { useKeys } from '../../shell/keys';
import { useParams } from '../../shell/params';
import { useGo } from '../../shell/useGo';
import { CardActions } from './CardActions';
import { CardRow, EmptyRow } from './CardRow';
import { addressOf, nameOf } from './listing';
import { Peek } from './Peek';
import type { Cards } from './useCards';
import { useFlashes } from './useFlashes';
import styles from './CardList.module.css';

const ROW_PX = 40;
const NARROW_ROW_PX = 68;
const OVERSCAN = 8;
const PAGE_STEP = 15;

interface Props {
  cards: Cards;
  total: number;
  /** Called with the first and the last row that are shown. */
  show: (range: readonly [number, number]) => void;
}

/** The list itself. Only rows on the screen are in the document, whatever there is. */
export function CardList({ cards, total, show }: Props) {
  const list = useRef<HTMLDivElement>(null);
  const isNarrow = useIsNarrow();
  const margin = useMargin(list, isNarrow);
  const { get, set } = useParams();
  const go = useGo();
  const at = useAt();
  const [chosen, setChosen] = useState(-1);
  const [acting, setActing] = useState<Card | null>(null);
  const flashes = useFlashes(cards.page?.position, at === null);
  const rows = useVirtualizer({
    count: total,
    getScrollElement: scroller,
    estimateSize: () => (isNarrow ? NARROW_ROW_PX : ROW_PX),
    overscan: OVERSCAN,
    scrollMargin: margin,
    scrollPaddingStart: margin,
    scrollPaddingEnd: 8,
  });
  useEffect(() => rows.measure(), [rows, isNarrow]);
  const items = rows.getVirtualItems();
  const [first, last] = [items[0]?.index ?? 0, items[items.length - 1]?.index ?? 0];
  useEffect(() => show([first, last]), [show, first, last]);

  const move = (to: number) => {
    const row = Math.max(0, Math.min(total - 1, to));
    list.current?.focus({ preventScroll: true });
    setChosen(row);
    if (row === 0) scroller()?.scrollTo({ top: 0 });
    else rows.scrollToIndex(row);
  };
  const card = chosen < 0 ? undefined : cards.at(chosen);
  const peeked = get('peek');
  const peek = (name: string | null) => set({ peek: name }, { replace: true });
  const step = (by: number) => () => move(chosen < 0 && by > 0 ? 0 : chosen + by);
  useKeys({
    j: { does: 'Next row', run: step(1) },
    k: { does: 'Previous row', run: step(-1) },
    ArrowDown: { does: 'Next row', run: step(1) },
    ArrowUp: { does: 'Previous row', run: step(-1) },
    PageDown: { does: 'Some rows down', run: step(PAGE_STEP) },
    PageUp: { does: 'Some rows up', run: step(-PAGE_STEP) },
    Home: { does: 'First row', run: () => move(0) },
    End: { does: 'Last row', run: () => move(total - 1) },
    Enter: { does: 'Open', run: () => card && go(addressOf(card)) },
    Space: { does: 'Peek', run: () => card && peek(peeked === nameOf(card) ? null : nameOf(card)) },
    '.': { does: 'Actions', run: () => card && setActing(card) },
  });
  const shown = items.map(({ index }) => cards.at(index)).find((each) => each && nameOf(each) === peeked);
  return (
    <>
      <div
        ref={list}
        class={styles.list}
        role="grid"
        aria-label="Artifacts"
        aria-rowcount={total}
        aria-activedescendant={card && chosen >= first && chosen <= last ? `row-${chosen}` : undefined}
        tabIndex={0}
        onFocus={({ currentTarget }) => {
          if (chosen < 0 && currentTarget.matches(':focus-visible')) setChosen(first);
        }}
        onKeyUp={({ key }) => {
          if (key === 'Tab') move(chosen < 0 ? first : chosen); // the browser has scrolled to the list, not to the row
        }}
        style={{ height: `${rows.getTotalSize()}px` }}
      >
        {items.map(({ index, start, size }) => {
          const row = cards.at(index);
          const place = {
            id: `row-${index}`,
            'aria-rowindex': index + 1,
            style: { height: `${size}px`, transform: `translateY(${start - margin}px)` },
          };
          if (!row) return <EmptyRow key={index} place={place} />;
          return (
            <CardRow
              key={nameOf(row)}
              place={place}
              card={row}
              trend={cards.trend(row)}
              isChosen={index === chosen}
              flashes={flashes}
              choose={() => setChosen(index)}
            />
          );
        })}
      </div>
      {shown && <Peek card={shown} trend={cards.trend(shown)} close={() => peek(null)} />}
      {acting && (
        <CardActions card={acting} close={() => setActing(null)} peek={() => peek(nameOf(acting))} />
      )}
    </>
  );
}

const scroller = () => document.getElementById('content');

/** How far below the top of what scrolls the list begins. */
function useMargin(list: { current: HTMLElement | null }, isNarrow: boolean): number {
  const [margin, setMargin] = useState(0);
  useLayoutEffect(() => {
    const outer = scroller();
    if (!list.current || !outer) return;
    const top = list.current.getBoundingClientRect().top - outer.getBoundingClientRect().top;
    setMargin(Math.round(top + outer.scrollTop));
  }, [list, isNarrow]);
  return margin;
}

const NARROW = window.matchMedia('(width < 800px)');

function useIsNarrow(): boolean {
  const [isNarrow, setNarrow] = useState(NARROW.matches);
  useEffect(() => {
    const change = () => setNarrow(NARROW.matches);
    NARROW.addEventListener('change', change);
    return () => NARROW.removeEventListener('change', change);
  }, []);
  return isNarrow;
}
