import { useState } from 'preact/hooks';
import { Monitor, Moon, Sun } from 'lucide-preact';

import { readTheme, showTheme, type Theme } from './theme';

const NEXT: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };
const ICONS = { system: Monitor, light: Sun, dark: Moon };

export function ThemeSwitch() {
  const [theme, setTheme] = useState(readTheme);
  const Icon = ICONS[theme];
  const change = () => {
    setTheme(NEXT[theme]);
    showTheme(NEXT[theme]);
  };
  return (
    <button
      type="button"
      class="quiet"
      aria-label={`Theme: ${theme}`}
      title={`Theme: ${theme}`}
      onClick={change}
    >
      <Icon size={16} aria-hidden />
    </button>
  );
}
