import { defineConfig } from 'vite';

/** Where `npm run dev` looks for a server. */
const SERVER = process.env.DIGSITE_URL ?? 'http://127.0.0.1:4200';

export default defineConfig({
  base: './', // the server puts its own root before each address
  build: {
    outDir: '../service/static',
    emptyOutDir: true,
    assetsDir: '_',
    target: 'es2023',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // the page's policy allows no scripts or styles from data: addresses
    reportCompressedSize: false,
    rolldownOptions: {
      onLog: (level, log, show) => {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') show(level, log); // libraries' "use client" means nothing here
      },
    },
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  resolve: {
    alias: {
      'react/jsx-runtime': 'preact/jsx-runtime',
      'react-dom': 'preact/compat',
      react: 'preact/compat',
    },
  },
  worker: { format: 'es' },
  server: { fs: { allow: ['..'] }, proxy: { '/api': { target: SERVER, ws: true } } },
});
