// The claim page: pick a bundle, then claim with it. `?snapshot=…&subject=…` (from the campaign page)
// picks that person at once.
import { useSearchParams } from '@solidjs/router';
import { createEffect, type JSX, on, Show } from 'solid-js';
import { Notice } from '../../components/Notice.tsx';
import { Page } from '../../components/Page.tsx';
import { createAction } from '../../create-action.ts';
import { useServices } from '../../services.ts';
import { focusHeading } from '../../shell/focus-heading.ts';
import { BundleSource } from './BundleSource.tsx';
import { ClaimForm } from './ClaimForm.tsx';
import { openBundle, setOpenBundle } from './open-bundle.ts';

export default function ClaimPage(): JSX.Element {
  const { snapshots } = useServices();
  const [search, setSearch] = useSearchParams<{ snapshot?: string; subject?: string }>();

  const fromAddress = createAction(async (snapshotId: string, subject: string) => {
    setOpenBundle(null);
    const bundle = await snapshots.bundle(snapshotId, subject);
    setOpenBundle({ bundle, from: bundle.campaign.name, sample: false });
  });
  createEffect(
    on(
      () => [search.snapshot, search.subject] as const,
      ([snapshotId, subject]) => {
        if (snapshotId === undefined || subject === undefined) return;
        // Out of the address once taken: closing the bundle must not open it again.
        setSearch({ snapshot: null, subject: null }, { replace: true });
        void fromAddress.run(snapshotId, subject);
      },
    ),
  );
  // Another page in all but address.
  createEffect(
    on(
      openBundle,
      () => {
        window.scrollTo(0, 0);
        focusHeading();
      },
      { defer: true },
    ),
  );

  return (
    <Show
      when={openBundle()}
      keyed
      fallback={
        <Page title="Claim" lead="Prove something about your reputation without showing where it comes from.">
          <Show when={fromAddress.error()}>
            {(error) => <Notice error={error()} title="This person’s bundle could not be opened." />}
          </Show>
          <Show
            when={!fromAddress.busy()}
            fallback={
              <p class="quiet" aria-live="polite">
                Opening the bundle
              </p>
            }
          >
            <BundleSource />
          </Show>
        </Page>
      }
    >
      {(open) => <ClaimForm open={open} />}
    </Show>
  );
}
