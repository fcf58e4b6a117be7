import 'uplot/dist/uPlot.min.css';

import { useEffect, useRef } from 'preact/hooks';
import UPlot from 'uplot';

/** Up to this many, each point has a dot. */
const DOTS_MAX = 80;

interface Props {
  values: readonly (number | null)[];
  /** What stands below each value. */
  names: readonly string[];
  format: (value: number) => string;
  /** The place of the value that the pointer is at; null: it is at none. */
  onHover: (index: number | null) => void;
  onOpen: (index: number) => void;
}

/** A line through values, one beside the other. It fills what it stands in. */
export function Plot({ values, names, format, onHover, onOpen }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const told = useRef({ onHover, onOpen });
  told.current = { onHover, onOpen };
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    let plot: UPlot | null = null;
    const draw = () => {
      plot?.destroy();
      plot = drawn(element, values, names, format, told);
    };
    draw();
    const sized = new ResizeObserver(() =>
      plot?.setSize({ width: element.clientWidth, height: element.clientHeight }),
    );
    sized.observe(element);
    const stop = onTheme(draw);
    return () => {
      stop();
      sized.disconnect();
      plot?.destroy();
    };
  }, [values, names, format]);
  return <div ref={place} style={{ height: '100%' }} />;
}

function drawn(
  element: HTMLElement,
  values: readonly (number | null)[],
  names: readonly string[],
  format: (value: number) => string,
  told: { current: Pick<Props, 'onHover' | 'onOpen'> },
): UPlot {
  const { accent, text, line } = coloursIn(element);
  const axis = { stroke: text, grid: { stroke: line, width: 1 }, ticks: { show: false } };
  const options: UPlot.Options = {
    width: element.clientWidth,
    height: element.clientHeight,
    legend: { show: false },
    scales: { x: { time: false, range: (_, min, max) => [min - 0.5, max + 0.5] } },
    axes: [
      {
        ...axis,
        size: 26,
        incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
        values: (_, at) => at.map((each, index) => newName(names, each, at[index - 1])),
      },
      {
        ...axis,
        size: (_, shown: string[] | null) =>
          14 + 7 * Math.max(0, ...(shown ?? []).map((each) => each.length)),
        values: (_, at) => at.map(format),
      },
    ],
    series: [
      {},
      {
        stroke: accent,
        width: 1.5,
        spanGaps: true,
        points: { show: values.length <= DOTS_MAX, size: 5, fill: accent },
      },
    ],
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 8, fill: accent } },
    hooks: {
      setCursor: [({ cursor }) => told.current.onHover(cursor.idx ?? null)],
      ready: [
        (plot) =>
          plot.over.addEventListener('click', (event) => told.current.onOpen(plot.posToIdx(event.offsetX))),
      ],
    },
  };
  return new UPlot(options, [values.map((_, index) => index), [...values]], element);
}

/** What stands below a place; nothing, if the same stands below the place before. */
function newName(names: readonly string[], place: number, before: number | undefined): string {
  const name = names[place] ?? '';
  return before !== undefined && names[before] === name ? '' : name;
}

/** The colours of the theme, as a canvas takes them. */
function coloursIn(element: HTMLElement): { accent: string; text: string; line: string } {
  const probe = document.createElement('i');
  element.append(probe);
  const colour = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const colours = { accent: colour('accent'), text: colour('text-quiet'), line: colour('line') };
  probe.remove();
  return colours;
}

/** Be told when the theme changes; returns how to stop. */
function onTheme(changed: () => void): () => void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const observer = new MutationObserver(changed);
  dark.addEventListener('change', changed);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
  return () => {
    dark.removeEventListener('change', changed);
    observer.disconnect();
  };
}
