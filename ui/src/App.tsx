import type { ComponentType } from 'preact';
import { lazy, Suspense } from 'preact/compat';
import { useEffect } from 'preact/hooks';
import { Redirect, Route, Switch, useLocation } from 'wouter-preact';

import { ArtifactsPage } from './pages/artifacts/ArtifactsPage';
import { NotFoundPage } from './pages/NotFoundPage';
import { Catch } from './shell/Catch';

const RunPage = lazy(() => import('./pages/runs/RunPage').then(({ RunPage }) => ({ default: RunPage })));

/** The pages by their paths. What is not needed at once is loaded when it is. */
const PAGES: Record<string, ComponentType> = {
  '/artifacts': ArtifactsPage,
  '/artifacts/key/:key': lazy(() =>
    import('./pages/key/KeyPage').then(({ KeyPage }) => ({ default: KeyPage })),
  ),
  '/artifacts/artifact/:id': lazy(() =>
    import('./pages/version/VersionPage').then(({ VersionPage }) => ({ default: VersionPage })),
  ),
  '/compare/:key/:range': lazy(() => import('./pages/compare/ComparePage')),
  '/events': lazy(() =>
    import('./pages/events/EventsPage').then(({ EventsPage }) => ({ default: EventsPage })),
  ),
  '/events/event/:date/:id': lazy(() =>
    import('./pages/events/EventPage').then(({ EventPage }) => ({ default: EventPage })),
  ),
  '/runs': lazy(() => import('./pages/runs/RunsPage').then(({ RunsPage }) => ({ default: RunsPage }))),
  '/runs/flow-run/:id': RunPage,
  '/runs/task-run/:id': RunPage,
  '/log': lazy(() => import('./pages/log/LogPage').then(({ LogPage }) => ({ default: LogPage }))),
};

export function App() {
  const [path] = useLocation();
  useEffect(() => document.getElementById('content')?.scrollTo(0, 0), [path]);
  return (
    <Catch key={path}>
      <Suspense fallback={null}>
        <Switch>
          <Route path="/">
            <Redirect to="/artifacts" replace />
          </Route>
          {Object.entries(PAGES).map(([pattern, Page]) => (
            <Route key={pattern} path={pattern}>
              <Page />
            </Route>
          ))}
          <Route component={NotFoundPage} />
        </Switch>
      </Suspense>
    </Catch>
  );
}
