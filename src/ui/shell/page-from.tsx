// A page whose code loads when it is first opened. Not Solid's `lazy` under `Suspense`: there each navigation is a
// transition, and one that begins while other signals change (a server just connected) can leave what is shown
// deaf to every later change, for good.
import { type Component, createComputed, createSignal, type JSX, onMount, Show } from 'solid-js';
import { focusHeading } from './focus-heading.ts';

export interface PageComponent extends Component {
  /** Begins to load it; the router does so when a link to it is pointed at. */
  preload(): void;
}

/** `load` is asked again after it has failed. A failure goes to the error boundary around the page. */
export function pageFrom(load: () => Promise<{ default: Component }>): PageComponent {
  let page: Component | null = null;
  let coming: Promise<Component> | null = null;

  async function fetched(): Promise<Component> {
    try {
      page = (await load()).default;
      return page;
    } finally {
      coming = null;
    }
  }
  function get(): Promise<Component> {
    coming ??= fetched();
    return coming;
  }

  return Object.assign(() => (page === null ? <ComingPage get={get} /> : page({})), {
    preload: () => {
      // Opening it tells of the failure.
      if (page === null) get().catch(() => undefined);
    },
  });
}

function ComingPage(props: { get: () => Promise<Component> }): JSX.Element {
  const [page, setPage] = createSignal<Component | null>(null);
  const [failure, setFailure] = createSignal<{ thrown: unknown } | null>(null);
  onMount(() => {
    props.get().then(
      (loaded) => {
        setPage(() => loaded);
        // Its heading was not there yet when the address changed; nobody is called away from elsewhere.
        if (document.activeElement === document.getElementById('main')) focusHeading();
      },
      (thrown: unknown) => setFailure({ thrown }),
    );
  });
  createComputed(() => {
    const failed = failure();
    if (failed !== null) throw failed.thrown;
  });
  return (
    <Show when={page()} keyed fallback={<p class="quiet late">Loading</p>}>
      {(Page) => <Page />}
    </Show>
  );
}
