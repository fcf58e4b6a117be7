import type { Projection, SubscriptionsShown } from '../../api/schema';

/** Somebody who reads the log, and how far behind its end they are. */
export interface Reader {
  name: string;
  sort: 'projection' | 'subscription' | 'webhook' | 'live';
  position: number;
  lag: number;
  /** What is the matter with it; null: nothing. */
  note: string | null;
}

/** All who read the log: who is furthest behind first. */
export function readersOf(projections: Projection[], subscriptions: SubscriptionsShown): Reader[] {
  const readers: Reader[] = [
    ...projections.filter(isProjection).map(({ projection, generation, position, lag, serving, error }) => ({
      name: serving ? projection : `${projection}, generation ${generation}`,
      sort: 'projection' as const,
      position,
      lag,
      note: error ?? null,
    })),
    ...subscriptions.named.map(({ name, webhook, checkpoint, lag, disabled, parked }) => ({
      name,
      sort: webhook ? ('webhook' as const) : ('subscription' as const),
      position: checkpoint,
      lag,
      note: disabled ?? (parked ? `${parked} parked` : null),
    })),
  ];
  return readers.sort((one, other) => other.lag - one.lag || one.name.localeCompare(other.name));
}

/** Checkpoints of those that go through the log again and again are kept beside those of projections. */
function isProjection({ projection }: Projection): boolean {
  return projection !== 'inspector' && projection !== 'retention';
}
