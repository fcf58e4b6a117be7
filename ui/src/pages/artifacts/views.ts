/** A way of looking at the list that was given a name. It is kept in this browser, as the query of its address. */
export interface View {
  name: string;
  query: string;
}

const NAME = 'digsite.views';
const VIEWS_MAX = 50;
/** What belongs to the moment of looking, not to the view. */
const MOMENTARY = ['at', 'peek'];

export function readViews(): View[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(NAME) ?? '[]');
    return Array.isArray(kept) ? kept.filter(isView).slice(0, VIEWS_MAX) : [];
  } catch {
    return [];
  }
}

export function keepViews(views: readonly View[]): void {
  localStorage.setItem(NAME, JSON.stringify(views.slice(0, VIEWS_MAX)));
}

/** The part of a query that a view keeps, always written in the same way. */
export function viewed(query: string): string {
  const params = new URLSearchParams(query);
  for (const each of MOMENTARY) params.delete(each);
  params.sort();
  return params.toString();
}

/** The views with one more; one of the same name is replaced. */
export function withView(views: readonly View[], view: View): View[] {
  return [...views.filter(({ name }) => name !== view.name), view];
}

function isView(value: unknown): value is View {
  const { name, query } = (value ?? {}) as Partial<View>;
  return typeof name === 'string' && typeof query === 'string';
}
