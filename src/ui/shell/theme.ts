// Light, dark or the system's choice; kept in localStorage, applied to <html>.
import { createSignal } from 'solid-js';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'gnomon.theme';
const ORDER: readonly Theme[] = ['system', 'light', 'dark'];
/** Address bar colours, as --paper. */
const PAPER = { light: '#FBF9F4', dark: '#12151A' } as const;

function stored(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return ORDER.find((theme) => theme === value) ?? 'system';
  } catch {
    // Storage can be blocked; the system's theme is then all there is.
    return 'system';
  }
}

function apply(theme: Theme): void {
  const root = document.documentElement;
  if (theme === 'system') root.removeAttribute('data-theme');
  else root.setAttribute('data-theme', theme);
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
    const own = meta.media.includes('dark') ? 'dark' : 'light';
    meta.content = PAPER[theme === 'system' ? own : theme];
  }
}

const [theme, setTheme] = createSignal<Theme>('system');

/** To be called before the first render, so that the page never shows in the wrong theme. */
export function applyStoredTheme(): void {
  const value = stored();
  setTheme(value);
  apply(value);
}

export { theme };

/** The theme that a press of the switch brings. */
export function nextTheme(now: Theme): Theme {
  return ORDER[(ORDER.indexOf(now) + 1) % ORDER.length] ?? 'system';
}

export function chooseTheme(value: Theme): void {
  setTheme(value);
  apply(value);
  try {
    if (value === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, value);
  } catch {
    // Lasts until the page closes.
  }
}
