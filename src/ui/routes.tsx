// The app as one component: services, router, shell, and pages that load when they are opened.
import { type RouteDefinition, Router } from '@solidjs/router';
import type { Accessor, JSX } from 'solid-js';
import type { ErrorData } from '../core/errors.ts';
import { type Services, ServicesProvider } from './services.ts';
import { pageFrom } from './shell/page-from.tsx';
import { Shell } from './shell/Shell.tsx';
import type { AppUpdate } from './shell/UpdatePrompt.tsx';

const routes: RouteDefinition[] = [
  { path: '/', component: pageFrom(() => import('./pages/start/index.tsx')) },
  { path: '/claim', component: pageFrom(() => import('./pages/claim/index.tsx')) },
  { path: ['/proofs', '/proofs/:id'], component: pageFrom(() => import('./pages/proof/index.tsx')) },
  { path: '/identity', component: pageFrom(() => import('./pages/identity/index.tsx')) },
  { path: '/verify', component: pageFrom(() => import('./pages/verify/index.tsx')) },
  { path: '/campaign', component: pageFrom(() => import('./pages/campaign/index.tsx')) },
  // Not /circuits: the server keeps the circuits' files under that.
  {
    path: ['/circuit-list', '/circuit-list/:id'],
    component: pageFrom(() => import('./pages/circuits/index.tsx')),
  },
  { path: '/servers', component: pageFrom(() => import('./pages/servers/index.tsx')) },
  { path: '/insights', component: pageFrom(() => import('./pages/insights/index.tsx')) },
  { path: '/embed', component: pageFrom(() => import('./pages/embed/index.tsx')) },
  { path: '/profiler', component: pageFrom(() => import('./pages/profiler/index.tsx')) },
  { path: '/settings', component: pageFrom(() => import('./pages/settings/index.tsx')) },
  { path: '*', component: pageFrom(() => import('./shell/NotFound.tsx')) },
];

export interface AppProps {
  services: Services;
  /** A new version that waits for the person's word; null while there is none. */
  update: Accessor<AppUpdate | null>;
  /** Something that went wrong without stopping anything; null while there is none. */
  warning: Accessor<ErrorData | null>;
  onWarningRead: () => void;
  version: string;
}

export function App(props: AppProps): JSX.Element {
  return (
    <ServicesProvider value={props.services}>
      <Router
        root={(route) => (
          <Shell
            route={route}
            update={props.update()}
            warning={props.warning()}
            onWarningRead={() => props.onWarningRead()}
            version={props.version}
          />
        )}
        scrollRestoration
      >
        {routes}
      </Router>
    </ServicesProvider>
  );
}
