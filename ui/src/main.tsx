import './styles/tokens.css';
import './styles/base.css';

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render } from 'preact';
import { Router } from 'wouter-preact';

import { ApiError } from './api/client';
import { App } from './App';
import { Live } from './live/Live';
import { Shell } from './shell/Shell';
import { readTheme, showTheme } from './shell/theme';
import { Toasts } from './shell/toasts';
import { start } from './start';

const RETRIES_MAX = 2;

/** What the server refuses stays refused; what did not reach it is asked again. */
const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: Infinity, // events say what has changed
      refetchOnWindowFocus: false,
      retry: (failures, error) => failures < RETRIES_MAX && !(error instanceof ApiError),
    },
  },
});

showTheme(readTheme());
const place = document.getElementById('page');
if (place) {
  render(
    <QueryClientProvider client={client}>
      <Router base={start.root}>
        <Live>
          <Toasts>
            <Shell>
              <App />
            </Shell>
          </Toasts>
        </Live>
      </Router>
    </QueryClientProvider>,
    place,
  );
}
