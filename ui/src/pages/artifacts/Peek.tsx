import type { Card, Trend } from '../../api/schema';
import { count, size } from '../../parts/numbers';
import { Time } from '../../parts/Time';
import { TypeIcon } from '../../parts/TypeIcon';
import { Dialog } from '../../shell/Dialog';
import { Link } from '../../shell/Link';
import { toArtifact, toFlowRun } from '../../shell/addresses';
import { CardPreview } from './CardPreview';
import { addressOf } from './listing';
import { Sparkline } from './Sparkline';
import styles from './Peek.module.css';

interface Props {
  card: Card;
  trend: Trend | undefined;
  close: () => void;
}

/** A first look at an artifact, without leaving the list. */
export function Peek({ card, trend, close }: Props) {
  const name = card.key ?? card.artifact_id;
  return (
    <Dialog label={name} close={close}>
      <h2 class={styles.name}>
        <TypeIcon type={card.shown_as} /> {name}
      </h2>
      {card.description && <p class={styles.description}>{card.description}</p>}
      <div class={styles.content}>
        <CardPreview card={card} trend={trend} />
      </div>
      <dl class={styles.facts}>
        <dt>Last change</dt>
        <dd>
          {trend?.summary ?? 'nothing is known of it'} <Sparkline trend={trend} />
        </dd>
        <dt>Version</dt>
        <dd>{card.key === null ? 'the only one' : `${count(card.number)} of ${count(card.versions)}`}</dd>
        <dt>Written</dt>
        <dd>
          <Time at={card.updated} />
        </dd>
        <dt>By</dt>
        <dd>
          {card.actor ?? 'nobody who is known'}
          {card.flow_run_id && (
            <>
              {' in '}
              <Link to={toFlowRun(card.flow_run_id)}>
                {card.flow_run_name ?? card.flow_run_id.slice(0, 8)}
              </Link>
            </>
          )}
        </dd>
        <dt>Position</dt>
        <dd>{count(card.position)}</dd>
        <dt>Size</dt>
        <dd>{card.data_bytes === null ? 'its content is there no more' : size(card.data_bytes)}</dd>
      </dl>
      <p class={styles.ways}>
        <Link to={addressOf(card)}>Open</Link>
        {card.key !== null && <Link to={toArtifact(card.artifact_id)}>This version</Link>}
      </p>
    </Dialog>
  );
}
