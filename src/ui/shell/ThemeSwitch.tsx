// One button that goes through system, light and dark.
import type { JSX } from 'solid-js';
import { Button } from '../components/Button.tsx';
import type { IconName } from '../components/Icon.tsx';
import { chooseTheme, nextTheme, type Theme, theme } from './theme.ts';

const ICON: Record<Theme, IconName> = { system: 'system', light: 'sun', dark: 'moon' };
const NAME: Record<Theme, string> = { system: 'as the system', light: 'light', dark: 'dark' };

export function ThemeSwitch(): JSX.Element {
  const words = () => `Theme: ${NAME[theme()]}. Change to ${NAME[nextTheme(theme())]}`;
  return (
    <Button
      variant="quiet"
      class="icon-button"
      icon={ICON[theme()]}
      label={words()}
      title={words()}
      onClick={() => chooseTheme(nextTheme(theme()))}
    />
  );
}
