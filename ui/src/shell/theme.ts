export type Theme = 'system' | 'light' | 'dark';

const NAME = 'digsite.theme';

export function readTheme(): Theme {
  const kept = localStorage.getItem(NAME);
  return kept === 'light' || kept === 'dark' ? kept : 'system';
}

export function showTheme(theme: Theme): void {
  localStorage.setItem(NAME, theme);
  document.documentElement.style.colorScheme = theme === 'system' ? 'light dark' : theme;
}
