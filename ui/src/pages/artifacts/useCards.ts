import { keepPreviousData, useQueries, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'preact/hooks';

import { read } from '../../api/client';
import type { Card, CardPage, Trend } from '../../api/schema';
import { isOfArtifacts } from '../../live/event';
import { useNews } from '../../live/Live';
import { useAt } from '../../shell/at';
import type { Listing } from './listing';

/** Cards that are asked for at once. */
export const PAGE = 50;
/** While events keep coming, what is on the screen is asked for anew this often at most. */
const REFETCH_MS = 400;

export interface Cards {
  /** Any page that has come, for what it says of all. */
  page: CardPage | undefined;
  at: (index: number) => Card | undefined;
  trend: (card: Card) => Trend | undefined;
  error: Error | null;
  retry: () => void;
}

/** The part of the list from one row to another: now and live, or as it was. */
export function useCards(listing: Listing, first: number, last: number): Cards {
  const as_of = useAt();
  useLiveCards(as_of === null);
  const numbers = range(Math.floor(first / PAGE), Math.floor(Math.max(first, last) / PAGE));
  const pages = useQueries({
    queries: numbers.map((number) => {
      const query = { ...listing, offset: number * PAGE, limit: PAGE, as_of };
      return {
        queryKey: ['/ui/cards', query],
        queryFn: ({ signal }: { signal: AbortSignal }) => read('/ui/cards', { query }, signal),
        placeholderData: number === 0 ? keepPreviousData : undefined,
      };
    }),
  });
  const trends = useTrends(
    pages.map(({ data }) => data?.cards ?? []),
    as_of,
  );
  const at = (index: number) => {
    const found = pages[Math.floor(index / PAGE) - (numbers[0] ?? 0)]?.data;
    return found?.cards[index % PAGE];
  };
  const latest = useRef<CardPage | undefined>(undefined); // while other rows are on their way, it still says how many
  latest.current = pages.find(({ data }) => data)?.data ?? latest.current;
  return {
    page: latest.current,
    at,
    trend: (card) => (card.key === null ? undefined : trends.get(card.key)),
    error: pages.find(({ error }) => error)?.error ?? null,
    retry: () => pages.forEach(({ error, refetch }) => error && void refetch()),
  };
}

function useTrends(pages: Card[][], as_of: number | null): Map<string, Trend> {
  const answers = useQueries({
    queries: pages.map((cards) => {
      const key = cards.flatMap((card) => card.key ?? []);
      return {
        queryKey: ['/ui/trends', as_of, cards.map((card) => [card.key, card.position])],
        queryFn: ({ signal }: { signal: AbortSignal }) =>
          read('/ui/trends', { query: { key, as_of } }, signal),
        enabled: key.length > 0,
        placeholderData: keepPreviousData,
      };
    }),
  });
  return new Map(answers.flatMap(({ data }) => data ?? []).map((each) => [each.key, each]));
}

/** What is on the screen is asked for anew when an artifact changes; what is not, when it comes there again. */
function useLiveCards(isLive: boolean): void {
  const client = useQueryClient();
  const timer = useRef<number | undefined>(undefined);
  const last = useRef(0);
  useNews(
    isLive
      ? ({ events, gaps }) => {
          if (timer.current !== undefined || !(gaps.length || events.some(isOfArtifacts))) return;
          const wait = Math.max(0, last.current + REFETCH_MS - Date.now());
          timer.current = window.setTimeout(() => {
            timer.current = undefined;
            last.current = Date.now();
            void client.invalidateQueries({ queryKey: ['/ui/cards'] });
          }, wait);
        }
      : undefined,
  );
  useEffect(() => () => window.clearTimeout(timer.current), []);
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
