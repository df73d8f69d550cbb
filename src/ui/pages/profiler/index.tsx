// The Profiler: how long proofs take on this device and on allowed servers, measured with real proofs of a made-up person,
// and what settings follow from that.
import { createSignal, type JSX, Show } from 'solid-js';
import type { ProfileReport } from '../../../core/profiler/report.ts';
import { Button } from '../../components/Button.tsx';
import { Notice } from '../../components/Notice.tsx';
import { EmptyState, Page, Section } from '../../components/Page.tsx';
import { createFocusKeeper } from '../../create-focus-keeper.ts';
import { createLoaded } from '../../create-loaded.ts';
import { useServices } from '../../services.ts';
import { AdvicePanel } from './AdvicePanel.tsx';
import { createProfiler } from './create-profiler.ts';
import { ProfileForm } from './ProfileForm.tsx';
import { Results } from './Results.tsx';
import { Running } from './Running.tsx';
import { SavedReports } from './SavedReports.tsx';
import './profiler.css';

export default function ProfilerPage(): JSX.Element {
  const services = useServices();
  const state = createProfiler();
  const [opened, setOpened] = createSignal<ProfileReport | null>(null);
  const circuits = createLoaded(
    () => null,
    () => services.circuits.list(),
  );
  // The form and what runs take each other's place.
  createFocusKeeper(() => state().plan === null);
  const shown = () => (state().plan === null ? (opened() ?? state().report) : null);
  return (
    <Page
      title="Profiler"
      lead="How long proofs take here, measured with real proofs of a made-up person, and which settings follow from that."
      wide
    >
      <Show
        when={state().plan === null}
        fallback={
          <Section title="Measuring">
            <Running state={state()} />
          </Section>
        }
      >
        <Show when={shown()} keyed>
          {(report) => (
            <>
              <Section title={opened() === null ? 'Result' : 'Opened report'}>
                <Results report={report} />
              </Section>
              <AdvicePanel report={report} />
            </>
          )}
        </Show>
        <Show when={state().error}>{(error) => <Notice error={error()} />}</Show>
        <Section title={shown() === null ? 'Measure' : 'Measure again'}>
          <Show when={circuits.value() === undefined && circuits.error()}>
            {(error) => (
              <Notice
                error={error()}
                actions={
                  <Button icon="retry" onClick={() => circuits.reload()}>
                    Try again
                  </Button>
                }
              />
            )}
          </Show>
          <Show when={circuits.value() === undefined && circuits.loading()}>
            <p class="quiet late">Looking which circuits there are</p>
          </Show>
          <Show when={circuits.value()}>
            {(list) => (
              <Show
                when={list().some(({ capacity }) => capacity !== null)}
                fallback={
                  <EmptyState title="No circuit yet">
                    The server is still making them; wait a minute.
                  </EmptyState>
                }
              >
                <ProfileForm circuits={list()} onStart={() => setOpened(null)} />
              </Show>
            )}
          </Show>
        </Section>
      </Show>
      <SavedReports shown={shown()} onOpen={setOpened} />
    </Page>
  );
}
