import { useEffect, useState, type MutableRef } from 'preact/hooks';

import { useKeys } from '../../shell/keys';
import { useParams } from '../../shell/params';

interface Steps {
  /** How many changes there are to go to. */
  count: number;
  /** The one that was gone to, from 1; 0: none yet. */
  current: number;
  go: (by: 1 | -1) => void;
}

/** Go from change to change: the elements within that have `data-step`. Which one is current is in the address. */
export function useSteps(within: MutableRef<HTMLElement | null>, shown: unknown): Steps {
  const { get, set } = useParams();
  const [count, setCount] = useState(0);
  const current = Number(get('change') ?? 0);
  useEffect(() => {
    const steps = stepsIn(within.current);
    setCount(steps.length);
    steps.forEach((step, index) => step.toggleAttribute('data-current', index + 1 === current));
    if (current > 0) steps[current - 1]?.scrollIntoView({ block: 'center' });
  }, [within, shown, current]);
  const go = (by: 1 | -1) => {
    const last = stepsIn(within.current).length;
    if (last === 0) return;
    const next = current === 0 && by < 0 ? last : ((current - 1 + by + last) % last) + 1;
    set({ change: String(next) }, { replace: true });
  };
  useKeys({
    n: { does: 'Next change', run: () => go(1) },
    N: { does: 'Previous change', run: () => go(-1) },
  });
  return { count, current, go };
}

function stepsIn(within: HTMLElement | null): Element[] {
  return [...(within?.querySelectorAll('[data-step]') ?? [])];
}
