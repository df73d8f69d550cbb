// The claim page: pick a bundle, then claim with it; or many, and claim with all. `#snapshot=…&subject=…` (from
// the campaign page) picks that person at once; behind the `#`, so that no server is ever told of it.
import { useLocation, useNavigate } from '@solidjs/router';
import { createEffect, type JSX, on, Show } from 'solid-js';
import { Notice } from '../../components/Notice.tsx';
import { Page } from '../../components/Page.tsx';
import { createAction } from '../../create-action.ts';
import { useServices } from '../../services.ts';
import { focusHeading } from '../../shell/focus-heading.ts';
import { BatchForm } from './BatchForm.tsx';
import { BundleSource } from './BundleSource.tsx';
import { ClaimForm } from './ClaimForm.tsx';
import { openBatch } from './open-batch.ts';
import { openBundle, setOpenBundle } from './open-bundle.ts';

export default function ClaimPage(): JSX.Element {
  const { snapshots } = useServices();
  const location = useLocation();
  const navigate = useNavigate();

  const fromAddress = createAction(async (snapshotId: string, subject: string) => {
    setOpenBundle(null);
    const bundle = await snapshots.bundle(snapshotId, subject);
    setOpenBundle({ bundle, from: bundle.campaign.name, sample: false });
  });
  createEffect(
    on(
      () => location.hash,
      (hash) => {
        const wanted = new URLSearchParams(hash.replace(/^#/, ''));
        const [snapshotId, subject] = [wanted.get('snapshot'), wanted.get('subject')];
        if (snapshotId === null || subject === null) return;
        // Out of the address once taken: closing the bundle must not open it again.
        navigate('/claim', { replace: true });
        void fromAddress.run(snapshotId, subject);
      },
    ),
  );
  // Another page in all but address.
  createEffect(
    on(
      () => [openBundle(), openBatch()],
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
        <Show
          when={openBatch()}
          keyed
          fallback={
            <Page
              title="Claim"
              lead="Prove something about your reputation without showing where it comes from."
            >
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
          {(batch) => <BatchForm batch={batch} />}
        </Show>
      }
    >
      {(open) => <ClaimForm open={open} />}
    </Show>
  );
}
