// What stands around every page: header, navigation, status, and the error of last resort.
import { A, type RouteSectionProps, useLocation } from '@solidjs/router';
import {
  createEffect,
  createSignal,
  ErrorBoundary,
  For,
  type JSX,
  on,
  onCleanup,
  onMount,
  Show,
} from 'solid-js';
import { type ErrorData, toErrorData } from '../../core/errors.ts';
import { Button } from '../components/Button.tsx';
import { Icon, type IconName } from '../components/Icon.tsx';
import { Notice } from '../components/Notice.tsx';
import { useServices } from '../services.ts';
import { focusHeading } from './focus-heading.ts';
import { Logo } from './Logo.tsx';
import { ServersInUse } from './ServersInUse.tsx';
import { ThemeSwitch } from './ThemeSwitch.tsx';
import { type AppUpdate, UpdatePrompt } from './UpdatePrompt.tsx';

const PLACES: readonly { href: string; name: string; icon: IconName }[] = [
  { href: '/claim', name: 'Claim', icon: 'claim' },
  { href: '/proofs', name: 'Proofs', icon: 'proof' },
  { href: '/identity', name: 'Identity', icon: 'identity' },
  { href: '/verify', name: 'Verify', icon: 'verify' },
  { href: '/campaign', name: 'Campaign', icon: 'campaign' },
];

/** Visited less often: icons in the header where there is room, words in the footer everywhere. */
const MORE_PLACES: readonly { href: string; name: string; icon: IconName }[] = [
  { href: '/circuit-list', name: 'Circuits', icon: 'circuit' },
  { href: '/servers', name: 'Servers', icon: 'server' },
  { href: '/insights', name: 'Insights', icon: 'insights' },
  { href: '/settings', name: 'Settings', icon: 'settings' },
];

function createOnline(): () => boolean {
  const [online, setOnline] = createSignal(navigator.onLine);
  onMount(() => {
    const read = () => setOnline(navigator.onLine);
    addEventListener('online', read);
    addEventListener('offline', read);
    onCleanup(() => {
      removeEventListener('online', read);
      removeEventListener('offline', read);
    });
  });
  return online;
}

/** Whether nothing may leave: what the footer says must hold. */
function createOnlyHere(): () => boolean {
  const { servers } = useServices();
  const read = () => servers.offload().mode === 'here';
  const [here, setHere] = createSignal(read());
  onCleanup(servers.watch(() => setHere(read())));
  return here;
}

/** A file dropped beside its place must not make the browser leave the app and open it. */
function makeDropSafe(): void {
  const refuse = (event: DragEvent) => {
    if (event.defaultPrevented) return;
    event.preventDefault();
    if (event.dataTransfer !== null) event.dataTransfer.dropEffect = 'none';
  };
  onMount(() => {
    addEventListener('dragover', refuse);
    addEventListener('drop', refuse);
    onCleanup(() => {
      removeEventListener('dragover', refuse);
      removeEventListener('drop', refuse);
    });
  });
}

export interface ShellProps {
  route: RouteSectionProps;
  update: AppUpdate | null;
  warning: ErrorData | null;
  onWarningRead: () => void;
  version: string;
}

export function Shell(props: ShellProps): JSX.Element {
  const online = createOnline();
  const here = createOnlyHere();
  makeDropSafe();
  const location = useLocation();

  createEffect(on(() => location.pathname, focusHeading, { defer: true }));

  return (
    <div class="shell">
      {/* A native listener, so that it runs before the router takes the click for a navigation. */}
      <a
        class="skip"
        href="#main"
        on:click={(event) => {
          event.preventDefault();
          document.getElementById('main')?.focus();
        }}
      >
        Skip to the page
      </a>
      <header class="shell-head">
        <div class="shell-head-inner">
          <A class="shell-home" href="/" end aria-label="Gnomon, start page">
            <Logo />
            <span>Gnomon</span>
          </A>
          {/* Below 640 px the same list stands at the bottom as tabs. */}
          <nav class="shell-nav" aria-label="Main">
            <ul>
              <For each={PLACES}>
                {(place) => (
                  <li>
                    <A href={place.href}>
                      <Icon name={place.icon} sizePx={22} />
                      <span>{place.name}</span>
                    </A>
                  </li>
                )}
              </For>
            </ul>
          </nav>
          <div class="shell-status">
            <span aria-live="polite">
              <Show when={!online()}>
                <span class="shell-offline" title="Proofs are made here, so they still work">
                  <Icon name="offline" sizePx={16} />
                  <span class="shell-offline-word">Offline</span>
                </span>
              </Show>
            </span>
            <ServersInUse />
            <nav class="shell-more" aria-label="More">
              <For each={MORE_PLACES}>
                {(place) => (
                  <A href={place.href} aria-label={place.name} title={place.name}>
                    <Icon name={place.icon} />
                  </A>
                )}
              </For>
            </nav>
            <ThemeSwitch />
          </div>
        </div>
      </header>
      <main id="main" class="shell-main" tabIndex={-1}>
        <Show when={props.warning}>
          {(warning) => (
            <div class="shell-warning">
              <Notice
                kind="warn"
                error={warning()}
                actions={
                  <Button variant="quiet" onClick={() => props.onWarningRead()}>
                    Dismiss
                  </Button>
                }
              />
            </div>
          )}
        </Show>
        <ErrorBoundary
          fallback={(thrown, reset) => {
            createEffect(on(() => location.pathname, reset, { defer: true }));
            return (
              <Notice
                error={toErrorData(thrown)}
                title="This page could not be shown."
                actions={
                  <>
                    <Button icon="retry" onClick={reset}>
                      Try again
                    </Button>
                    <Button variant="quiet" onClick={() => window.location.reload()}>
                      Reload the app
                    </Button>
                  </>
                }
              />
            );
          }}
        >
          {props.route.children}
        </ErrorBoundary>
      </main>
      <footer class="shell-foot">
        <p>
          <Icon name="lock" sizePx={14} />{' '}
          {here()
            ? 'Proofs are made on this device. Nothing you open here is sent anywhere.'
            : 'Proofs are made on this device, or on servers that you have allowed.'}
        </p>
        <nav class="shell-foot-places" aria-label="Everything else">
          <For each={MORE_PLACES}>{(place) => <A href={place.href}>{place.name}</A>}</For>
        </nav>
        <p>Gnomon {props.version}</p>
      </footer>
      <UpdatePrompt update={props.update} />
    </div>
  );
}
