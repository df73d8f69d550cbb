// The claim page: pick a bundle, then claim with it.
import { createEffect, type JSX, on, Show } from 'solid-js';
import { Page } from '../../components/Page.tsx';
import { focusHeading } from '../../shell/focus-heading.ts';
import { BundleSource } from './BundleSource.tsx';
import { ClaimForm } from './ClaimForm.tsx';
import { openBundle } from './open-bundle.ts';

export default function ClaimPage(): JSX.Element {
  createEffect(on(openBundle, focusHeading, { defer: true }));
  return (
    <Show
      when={openBundle()}
      keyed
      fallback={
        <Page title="Claim" lead="Prove something about your reputation without showing where it comes from.">
          <BundleSource />
        </Page>
      }
    >
      {(open) => <ClaimForm open={open} />}
    </Show>
  );
}
