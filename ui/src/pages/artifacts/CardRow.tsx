import type { CSSProperties } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import type { Card, Trend } from '../../api/schema';
import { Time } from '../../parts/Time';
import { TypeIcon } from '../../parts/TypeIcon';
import { Link } from '../../shell/Link';
import { useGo } from '../../shell/useGo';
import { CardPreview } from './CardPreview';
import { addressOf } from './listing';
import { Sparkline } from './Sparkline';
import styles from './CardRow.module.css';

interface Place {
  id: string;
  'aria-rowindex': number;
  style: CSSProperties;
}

interface Props {
  place: Place;
  card: Card;
  trend: Trend | undefined;
  isChosen: boolean;
  flashes: (card: Card) => boolean;
  choose: () => void;
}

/** A key with its latest artifact, or an artifact without a key, in one row. */
export function CardRow({ place, card, trend, isChosen, flashes, choose }: Props) {
  const go = useGo();
  const [isFlashing, setFlashing] = useState(false);
  useEffect(() => {
    if (flashes(card)) setFlashing(true);
  }, [card, flashes]);
  const open = (event: MouseEvent) => {
    choose();
    const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey);
    if (isPlain && !(event.target as Element).closest('a')) go(addressOf(card));
  };
  return (
    <div
      {...place}
      role="row"
      class={styles.row}
      aria-selected={isChosen}
      data-flash={isFlashing || undefined}
      onAnimationEnd={() => setFlashing(false)}
      onClick={open}
    >
      <span role="gridcell" class={styles.type}>
        <TypeIcon type={card.shown_as} />
      </span>
      <span role="gridcell" class={styles.key}>
        <Link to={addressOf(card)} tabIndex={-1}>
          {card.key ?? card.description ?? `…${card.artifact_id.slice(-8)}`}
        </Link>
      </span>
      <span role="gridcell" class={styles.preview}>
        <CardPreview card={card} trend={trend} />
      </span>
      <span role="gridcell" class={styles.trend}>
        <Sparkline trend={trend} />
      </span>
      <span role="gridcell" class={styles.version}>
        {card.key !== null && `v${card.number}`}
      </span>
      <span role="gridcell" class={styles.who} title={told(card)}>
        {card.flow_run_name ?? card.actor}
      </span>
      <span role="gridcell" class={styles.when}>
        <Time at={card.updated} />
      </span>
    </div>
  );
}

/** A row whose card is on its way. */
export function EmptyRow({ place }: { place: Place }) {
  return (
    <div {...place} role="row" class={styles.row} aria-busy="true">
      <span role="gridcell" class={styles.waiting} />
    </div>
  );
}

/** Who wrote it, in full. */
function told({ flow_name, flow_run_name, task_run_name, actor }: Card): string {
  const run = [flow_name, flow_run_name, task_run_name].filter(Boolean).join(' / ');
  return [run, actor && `by ${actor}`].filter(Boolean).join(', ');
}
