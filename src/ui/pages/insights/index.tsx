// Insights: how many proofs, how long they took and where, why some failed, and how well that was predicted.
import { A } from '@solidjs/router';
import { createSignal, type JSX, Show } from 'solid-js';
import { Button, LinkButton } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Select } from '../../components/Field.tsx';
import { saveFile } from '../../components/files.ts';
import { Notice } from '../../components/Notice.tsx';
import { EmptyState, Page } from '../../components/Page.tsx';
import { createAction } from '../../create-action.ts';
import { createFocusKeeper } from '../../create-focus-keeper.ts';
import { useServices } from '../../services.ts';
import { createLiveInsights, type InsightsChoice, type Range } from './create-insights.ts';
import {
  CacheHits,
  Failures,
  Headlines,
  Memory,
  Percentiles,
  Places,
  Stages,
  Throughput,
} from './Pictures.tsx';
import './insights.css';

const RANGES: readonly { value: Range; label: string }[] = [
  { value: 'day', label: 'Last 24 hours' },
  { value: 'week', label: 'Last 7 days' },
  { value: 'month', label: 'Last 30 days' },
  { value: 'all', label: 'Everything' },
];

export default function InsightsPage(): JSX.Element {
  const { metrics } = useServices();
  const [choice, setChoice] = createSignal<InsightsChoice>({ range: 'all', circuitId: '' });
  const live = createLiveInsights(choice);
  const [forgetting, setForgetting] = createSignal(false);
  const exported = createAction(async (format: 'json' | 'csv') => {
    const file = await (format === 'json' ? metrics.exportJson() : metrics.exportCsv());
    saveFile(`gnomon-insights.${format}`, file);
  });
  const forget = createAction(async () => {
    await metrics.clear();
    setForgetting(false);
  });

  const none = () => live.insights() !== null && live.circuitIds().length === 0;
  // What forgets goes with what is forgotten.
  createFocusKeeper(none);
  return (
    <Page
      title="Insights"
      wide
      lead="How long proofs took, where they were made, and what went wrong. Kept on this device only, without what went into them."
    >
      <p class="quiet">
        To measure this device as a whole, open the <A href="/profiler">Profiler</A>.
      </p>
      <Show when={live.error()}>{(error) => <Notice error={error()} />}</Show>
      <Show when={none()}>
        <EmptyState
          title="No proofs yet"
          actions={
            <LinkButton href="/claim" variant="primary" icon="claim">
              Open a claim
            </LinkButton>
          }
        >
          Make a proof, with the sample if you like; its times are here as soon as it has ended.
        </EmptyState>
      </Show>
      <Show when={!none() && live.insights()}>
        {(insights) => (
          <>
            <div class="insight-choice">
              <Select
                label="Time"
                value={choice().range}
                options={RANGES}
                onChange={(range) => setChoice({ ...choice(), range })}
              />
              <Select
                label="Circuit"
                value={choice().circuitId}
                options={[
                  { value: '', label: 'All circuits' },
                  ...live.circuitIds().map((id) => ({ value: id, label: id })),
                ]}
                onChange={(circuitId) => setChoice({ ...choice(), circuitId })}
              />
            </div>
            <Show
              when={insights().whole.attempts > 0}
              fallback={
                <EmptyState title="Nothing in this time">Choose a longer time or another circuit.</EmptyState>
              }
            >
              <Headlines of={insights()} />
              <div class="insight-figures">
                <Throughput of={insights()} />
                <Percentiles of={insights()} />
                <Stages of={insights()} />
                <Places of={insights()} />
                <Failures of={insights()} />
                <CacheHits of={insights()} />
                <Memory of={insights()} />
              </div>
            </Show>
            <div class="row">
              <Button icon="download" busy={exported.busy()} onClick={() => void exported.run('json')}>
                Download as JSON
              </Button>
              <Button icon="download" busy={exported.busy()} onClick={() => void exported.run('csv')}>
                Download as CSV
              </Button>
              <Button variant="quiet" icon="trash" onClick={() => setForgetting(true)}>
                Forget all of it
              </Button>
            </div>
            <Show when={exported.error()}>{(error) => <Notice error={error()} />}</Show>
          </>
        )}
      </Show>
      <Dialog
        open={forgetting()}
        onOpenChange={setForgetting}
        title="Forget all figures?"
        description="Proofs and claims stay. Predictions begin anew with the next proof."
        footer={
          <>
            <Button onClick={() => setForgetting(false)}>Keep them</Button>
            <Button variant="danger" icon="trash" busy={forget.busy()} onClick={() => void forget.run()}>
              Forget them
            </Button>
          </>
        }
      >
        <Show when={forget.error()}>{(error) => <Notice error={error()} />}</Show>
      </Dialog>
    </Page>
  );
}
