import { defineConfig } from 'vitest/config';

/** What is tested here is pure: no document, and nothing to keep apart. Pages are tested in a browser, in `tests/`. */
export default defineConfig({ test: { isolate: false } });
