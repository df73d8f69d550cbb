// The ways into a claim: a bundle file, the sample, or a person from an imported network.
import { createSignal, type JSX, Show } from 'solid-js';
import { Button } from '../../components/Button.tsx';
import { FileDrop } from '../../components/FileDrop.tsx';
import { DemoBadge } from '../../components/Marks.tsx';
import { Notice } from '../../components/Notice.tsx';
import { Section } from '../../components/Page.tsx';
import { createAction } from '../../create-action.ts';
import { useServices } from '../../services.ts';
import { NetworkPeople } from './NetworkPeople.tsx';
import { openFilesBatch } from './open-batch.ts';
import { readBundleFile, setOpenBundle } from './open-bundle.ts';
import { openSample } from './sample-claim.ts';

export function BundleSource(): JSX.Element {
  const services = useServices();
  const [read, setRead] = createSignal<{ done: number; of: number } | null>(null);
  const file = createAction(async (files: File[]) => {
    const [first] = files;
    if (first === undefined) return;
    if (files.length === 1) {
      setOpenBundle({ bundle: await readBundleFile(first), from: first.name, sample: false });
    } else {
      await openFilesBatch(files, (done) => setRead({ done, of: files.length })).finally(() => setRead(null));
    }
  });
  const sample = createAction(async () => {
    setOpenBundle({ bundle: await openSample(services), from: 'the sample', sample: true });
  });

  return (
    <div class="stack-l">
      <Section title="Open your claim bundle">
        <p class="quiet">
          The file a campaign gave you. It holds what others said about you, so keep it to yourself.
        </p>
        <FileDrop
          label="Claim bundle"
          hint="A .json file, or many at once. They are read here and go nowhere."
          accept=".json,application/json"
          multiple
          disabled={file.busy()}
          onFiles={(files) => file.run(files)}
        />
        <p class="quiet small" aria-live="polite">
          <Show when={read()}>{(now) => `Reading ${now().done} of ${now().of}`}</Show>
        </p>
        <Show when={file.error()}>
          {(data) => <Notice error={data()} title="This bundle could not be opened." />}
        </Show>
      </Section>
      <Section title="Or take the sample" aside={<DemoBadge />}>
        <p class="quiet">
          A made-up neighbourhood of people who rated each other. Everything works as with real data; it just
          proves nothing.
        </p>
        <div class="row">
          <Button icon="claim" busy={sample.busy()} onClick={() => sample.run()}>
            Use the sample claim
          </Button>
        </div>
        <Show when={sample.error()}>{(data) => <Notice error={data()} />}</Show>
      </Section>
      <NetworkPeople />
    </div>
  );
}
