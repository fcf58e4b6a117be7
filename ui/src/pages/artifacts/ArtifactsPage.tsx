import { useState } from 'preact/hooks';

import { Fault } from '../../parts/Fault';
import { Skeleton } from '../../parts/Skeleton';
import { useParams } from '../../shell/params';
import { useTitle } from '../../shell/useTitle';
import { CardList } from './CardList';
import { CountsLine } from './CountsLine';
import { FilterBar } from './FilterBar';
import { asked, listingOf } from './listing';
import { NoArtifacts } from './NoArtifacts';
import { NothingFound } from './NothingFound';
import { useCards } from './useCards';
import { Views } from './Views';
import styles from './ArtifactsPage.module.css';

/** Every key with its latest artifact: what it says, who wrote it, how it went. */
export function ArtifactsPage() {
  useTitle('Artifacts');
  const listing = listingOf(useParams());
  const [[first, last], setRange] = useState<readonly [number, number]>([0, 0]);
  const cards = useCards(listing, first, last);
  const { page, error, retry } = cards;
  const isAsked = asked(listing).length > 0;
  const isEmpty = page?.counts.keys === 0 && !isAsked;
  return (
    <>
      <div class={styles.head}>
        <div class={styles.title}>
          <h1>Artifacts</h1>
          <CountsLine page={page} unnamed={listing.unnamed === true} isAsked={isAsked} />
          <Views />
        </div>
        <FilterBar listing={listing} page={page} />
      </div>
      {error && <Fault error={error} retry={retry} />}
      {!page && !error && <Skeleton rows={16} />}
      {isEmpty && <NoArtifacts unnamed={listing.unnamed === true} />}
      {page?.total === 0 && isAsked && <NothingFound listing={listing} without={page.without} />}
      {page && page.total > 0 && (
        <CardList key={JSON.stringify(listing)} cards={cards} total={page.total} show={setRange} />
      )}
    </>
  );
}
