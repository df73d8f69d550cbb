// What follows from a report, each with its figures; and all of it adopted with one click, which says before what changes
// and can be taken back.
import { createSignal, For, type JSX, onCleanup, Show } from 'solid-js';
import type { ProfileReport } from '../../../core/profiler/report.ts';
import { ADVICE_ABOUT, figureText } from '../../../core/profiler/report-words.ts';
import { Button } from '../../components/Button.tsx';
import { Section } from '../../components/Page.tsx';
import { createFocusKeeper } from '../../create-focus-keeper.ts';
import { useServices } from '../../services.ts';
import { type Adopted, isOfThisDevice, planAdoption, takenBack } from './adoption.ts';

export function AdvicePanel(props: { report: ProfileReport }): JSX.Element {
  const { settings, servers, device } = useServices();
  const read = (): Adopted => {
    const { threads, memoryLimitBytes, hereConstraintsMost } = settings.read();
    return { settings: { threads, memoryLimitBytes, hereConstraintsMost }, offload: servers.offload() };
  };
  const [now, setNow] = createSignal(read());
  const [adopted, setAdopted] = createSignal<{ was: Adopted; is: Adopted } | null>(null);
  onCleanup(servers.watch(() => setNow(read())));
  const write = ({ settings: chosen, offload }: Adopted) => {
    settings.write({ ...settings.read(), ...chosen });
    servers.setOffload(offload);
    setNow(read());
  };
  const adoption = () => planAdoption(props.report.advice, now(), device);
  const ours = () => isOfThisDevice(props.report, device, navigator.userAgent.slice(0, 300));
  // Both from what holds at the click: another tab may have chosen to prove only here meanwhile.
  const adopt = () => {
    const was = read();
    const { next } = planAdoption(props.report.advice, was, device);
    setAdopted({ was, is: next });
    write(next);
  };
  const undo = () => {
    const done = adopted();
    if (done !== null) write(takenBack(done.was, done.is, read()));
    setAdopted(null);
  };
  let acts: HTMLDivElement | undefined;
  // Adopting takes its own button away.
  createFocusKeeper(
    () => adopted() !== null,
    () => acts?.querySelector('button') ?? undefined,
  );
  return (
    <Section title="What follows">
      <ul class="profiler-advice">
        <For each={props.report.advice.recommendations}>
          {({ text, figures }) => (
            <li>
              <p>{text}</p>
              <p class="quiet small numbers">
                {figures.map((figure) => `${figure.what}: ${figureText(figure)}`).join('; ')}
              </p>
            </li>
          )}
        </For>
        <For each={props.report.advice.withheld}>
          {({ kind, why }) => (
            <li class="quiet">
              Nothing about {ADVICE_ABOUT[kind]}: {why}.
            </li>
          )}
        </For>
      </ul>
      <Show
        when={ours()}
        fallback={
          <p class="quiet">It was measured elsewhere, so it says nothing about this device’s settings.</p>
        }
      >
        <div ref={acts}>
          <Show when={adoption().changes.length > 0}>
            <div class="panel stack-s">
              <p>Adopting it would change:</p>
              <ul>
                <For each={adoption().changes}>
                  {({ what, from, to }) => (
                    <li>
                      {what}: {from} → {to}
                    </li>
                  )}
                </For>
              </ul>
              <div class="row">
                <Button icon="check" onClick={adopt}>
                  Adopt
                </Button>
              </div>
            </div>
          </Show>
          <div aria-live="polite">
            <Show when={adopted() !== null}>
              <div class="row">
                <span>Adopted. Threads apply when Gnomon is opened the next time.</span>
                <Button variant="quiet" icon="retry" onClick={undo}>
                  Undo
                </Button>
              </div>
            </Show>
          </div>
        </div>
        <Show when={adopted() === null && adoption().changes.length === 0}>
          <p class="quiet">Your settings are as it recommends, as far as it recommends any.</p>
        </Show>
      </Show>
    </Section>
  );
}
