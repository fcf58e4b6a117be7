import { useVirtualizer } from '@tanstack/react-virtual';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

import type { CollectionFacts, Version } from '../../api/schema';
import type { LogEvent } from '../../live/event';
import { Fault } from '../../parts/Fault';
import { count } from '../../parts/numbers';
import { useMedia } from '../../parts/useMedia';
import { toArtifact, toCompare } from '../../shell/addresses';
import { useKeys } from '../../shell/keys';
import { useGo } from '../../shell/useGo';
import { useVersions } from './useVersions';
import styles from './VersionList.module.css';
import { stateOf, VersionRow } from './VersionRow';

/** All rows are equally high, so that one can go to any of them at once. */
const ROW_PX = 41;
const NARROW_ROW_PX = 88;
const NARROW = '(width < 1100px)';
/** Rows beyond the edge that are there already when they come into view. */
const AHEAD = 8;

interface Props {
  facts: CollectionFacts;
  isOfKey: (event: LogEvent) => boolean;
}

/** All versions of a key, the newest first, each with what it changed, deleted ones too. */
export function VersionList({ facts: { key, versions }, isOfKey }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const [chosen, setChosen] = useState<number | null>(null);
  const rowPx = useMedia(NARROW) ? NARROW_ROW_PX : ROW_PX;
  const rows = useVirtualizer({
    count: versions,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: AHEAD,
  });
  useLayoutEffect(() => rows.measure(), [rows, rowPx]);
  const shown = rows.getVirtualItems();
  const { at, error, refetch } = useVersions(key, shown[0]?.index ?? 0, shown.at(-1)?.index ?? 0, isOfKey);
  const go = useGo();

  const choose = (place: number) => {
    const next = Math.min(versions - 1, Math.max(0, place));
    setChosen(next);
    rows.scrollToIndex(next);
  };
  const open = (address: (version: Version) => string | null) => () => {
    const version = at(chosen ?? 0);
    const to = version && address(version);
    if (to) go(to);
  };
  useKeys({
    j: { does: 'Next version', run: () => choose(chosen === null ? 0 : chosen + 1) },
    k: { does: 'Version before', run: () => choose((chosen ?? 0) - 1) },
    Enter: { does: 'Open the version', run: open(({ id }) => toArtifact(id)) },
    r: { does: 'The version as it was written', run: open(({ id }) => `${toArtifact(id)}?tab=raw`) },
    b: { does: 'Who changed what in the version', run: open(({ id }) => `${toArtifact(id)}?tab=blame`) },
    d: {
      does: 'What the version changed',
      run: open((version) => {
        const before = at((chosen ?? 0) + 1);
        return before ? toCompare(key, stateOf(before), stateOf(version)) : null;
      }),
    },
  });

  return (
    <section class={styles.versions} aria-labelledby="versions">
      <h2 id="versions">Versions</h2>
      {error && <Fault error={error} retry={refetch} />}
      <div ref={scroller} class={styles.scroller} role="list" aria-label={`Versions of ${key}`} tabIndex={0}>
        <div style={{ height: rows.getTotalSize() }}>
          <div style={{ transform: `translateY(${shown[0]?.start ?? 0}px)` }}>
            {shown.map(({ index }) => (
              <div
                key={index}
                role="listitem"
                aria-setsize={versions}
                aria-posinset={index + 1}
                class={styles.row}
                style={{ height: rowPx }}
                data-chosen={index === chosen || undefined}
              >
                <Row of={key} version={at(index)} before={at(index + 1)} isFirst={index === versions - 1} />
              </div>
            ))}
          </div>
        </div>
      </div>
      <p class={styles.hint}>
        {count(versions)} in all, with those that were deleted. <kbd>j</kbd> <kbd>k</kbd> choose,
        <kbd>Enter</kbd> opens, <kbd>d</kbd> shows what it changed.
      </p>
    </section>
  );
}

interface RowProps {
  of: string;
  version: Version | undefined;
  before: Version | undefined;
  isFirst: boolean;
}

function Row({ of: key, version, before, isFirst }: RowProps) {
  if (!version) return <span class={styles.coming} aria-label="On its way" />;
  return <VersionRow of={key} version={version} before={isFirst ? null : before} />;
}
