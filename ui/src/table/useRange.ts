import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import { type Extent, type Range, rangeOf } from './range';

/** What is on the page of a grid, however it is scrolled. It is drawn anew only when that changes. */
export function useRange(scroller: RefObject<HTMLElement>, extent: Extent): Range {
  const [, draw] = useState(0);
  const scrolled = useRef({ top: 0, left: 0 });
  const { top, left } = scrolled.current;
  const range = rangeOf(top, left, extent);
  const latest = useRef({ extent, range });
  latest.current = { extent, range };
  useEffect(() => {
    const { current } = scroller;
    const scroll = () => {
      if (!current) return;
      scrolled.current = { top: current.scrollTop, left: current.scrollLeft };
      const next = rangeOf(current.scrollTop, current.scrollLeft, latest.current.extent);
      if (!isSame(next, latest.current.range)) draw((count) => count + 1);
    };
    current?.addEventListener('scroll', scroll, { passive: true });
    return () => current?.removeEventListener('scroll', scroll);
  }, [scroller]);
  return range;
}

function isSame(one: Range, other: Range): boolean {
  return (Object.keys(one) as (keyof Range)[]).every((name) => one[name] === other[name]);
}
