// Campaigns published on this device: open one, or remove it after a question.
import { A } from '@solidjs/router';
import { createSignal, For, type JSX, Show } from 'solid-js';
import type { PublishedSnapshot } from '../../../services/snapshots.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { plural, timeText } from '../../components/format.ts';
import { DemoBadge } from '../../components/Marks.tsx';
import { Section } from '../../components/Page.tsx';

export function PublishedList(props: {
  snapshots: readonly PublishedSnapshot[];
  onRemove: (id: string) => Promise<void>;
}): JSX.Element {
  const [asked, setAsked] = createSignal<PublishedSnapshot | null>(null);
  const remove = async () => {
    const id = asked()?.id;
    setAsked(null);
    if (id !== undefined) await props.onRemove(id);
  };
  return (
    <Section title="Published here">
      <Show
        when={props.snapshots.length > 0}
        fallback={<p class="quiet">Nothing yet. What you publish is kept on this device and listed here.</p>}
      >
        <ul class="campaign-list">
          <For each={props.snapshots}>
            {(snapshot) => (
              <li>
                <div class="campaign-list-text">
                  <span>
                    <A href={`/campaign?snapshot=${encodeURIComponent(snapshot.id)}`}>
                      {snapshot.campaign.name}
                    </A>{' '}
                    <Show when={snapshot.campaign.demo}>
                      <DemoBadge />
                    </Show>
                  </span>
                  <span class="small quiet">
                    {plural(snapshot.people, 'person', 'people')}, {timeText(snapshot.createdAtMs)}
                  </span>
                </div>
                <Button
                  variant="quiet"
                  icon="trash"
                  label={`Remove ${snapshot.campaign.name}`}
                  onClick={() => setAsked(snapshot)}
                />
              </li>
            )}
          </For>
        </ul>
      </Show>
      <Dialog
        open={asked() !== null}
        onOpenChange={(open) => !open && setAsked(null)}
        title={`Remove ${asked()?.campaign.name ?? ''}?`}
        description="Its people, evidence and bundles are deleted from this device. Files that you have saved stay; claims made from handed-out bundles can still be verified with the campaign file."
        footer={
          <>
            <Button onClick={() => setAsked(null)}>Keep it</Button>
            <Button variant="danger" icon="trash" onClick={() => void remove()}>
              Remove
            </Button>
          </>
        }
      />
    </Section>
  );
}
