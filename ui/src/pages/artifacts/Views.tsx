import { Star, X } from 'lucide-preact';
import { useState } from 'preact/hooks';
import { useSearch } from 'wouter-preact';

import { Link } from '../../shell/Link';
import { keepViews, readViews, viewed, withView, type View } from './views';
import styles from './Views.module.css';

/** The views that were saved in this browser, and a way to save this one. */
export function Views() {
  const [views, setViews] = useState(readViews);
  const [isNaming, setNaming] = useState(false);
  const here = viewed(useSearch());
  const isSaved = views.some(({ query }) => query === here);
  const keep = (changed: View[]) => {
    keepViews(changed);
    setViews(changed);
  };
  const save = (event: SubmitEvent) => {
    event.preventDefault();
    const name = new FormData(event.currentTarget as HTMLFormElement).get('name');
    if (typeof name === 'string' && name.trim()) keep(withView(views, { name: name.trim(), query: here }));
    setNaming(false);
  };
  if (views.length === 0 && !here) return null;
  return (
    <nav class={styles.views} aria-label="Saved views">
      {views.map(({ name, query }) => (
        <span key={name} class={styles.view} data-here={query === here || undefined}>
          <Link to={`/artifacts${query && `?${query}`}`} aria-current={query === here ? 'page' : undefined}>
            {name}
          </Link>
          <button
            type="button"
            class="quiet"
            aria-label={`Forget the view ${name}`}
            onClick={() => keep(views.filter((each) => each.name !== name))}
          >
            <X size={12} aria-hidden />
          </button>
        </span>
      ))}
      {here && !isSaved && !isNaming && (
        <button type="button" class="quiet" onClick={() => setNaming(true)}>
          <Star size={14} aria-hidden /> Save view
        </button>
      )}
      {isNaming && (
        <form onSubmit={save} class={styles.naming}>
          <input
            type="text"
            name="name"
            aria-label="Name of the view"
            placeholder="Name of the view"
            maxLength={60}
            required
            autoFocus
            onKeyDown={(event) => event.key === 'Escape' && setNaming(false)}
          />
          <button type="submit">Save</button>
        </form>
      )}
    </nav>
  );
}
