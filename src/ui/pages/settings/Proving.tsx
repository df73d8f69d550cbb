// How many threads a proof may take, and what becomes of inputs once a job has ended.
import { createSignal, type JSX, Show } from 'solid-js';
import type { InputRetention } from '../../../core/job.ts';
import { Select } from '../../components/Field.tsx';
import { plural } from '../../components/format.ts';
import { Notice } from '../../components/Notice.tsx';
import { Section } from '../../components/Page.tsx';
import { RadioCards } from '../../components/RadioCards.tsx';
import { type Settings, useServices } from '../../services.ts';

const KEEPING: readonly { value: InputRetention; title: string; text: string }[] = [
  {
    value: 'never',
    title: 'Delete at once',
    text: 'Whatever the end. A failed proof is started from the claim.',
  },
  {
    value: 'if-mendable',
    title: 'Delete, but let me try again',
    text: 'Kept for a day at most, and only when trying again may help.',
  },
  {
    value: 'always',
    title: 'Keep',
    text: 'Until the proof is removed. Only on a device that is yours alone.',
  },
];

export function Proving(): JSX.Element {
  const services = useServices();
  const [settings, setSettings] = createSignal(services.settings.read());
  const [kept, setKept] = createSignal(true);
  const [changedThreads, setChangedThreads] = createSignal(false);
  const change = (part: Partial<Settings>) => {
    const next = { ...settings(), ...part };
    setSettings(next);
    setKept(services.settings.write(next));
  };
  const threads = () => Array.from({ length: services.device.threads }, (_, at) => String(at + 1));
  return (
    <Section title="Proving">
      <Select
        label="Threads for a proof"
        hint="More are faster and take more memory."
        value={settings().threads === null ? 'all' : String(settings().threads)}
        onChange={(value) => {
          change({ threads: value === 'all' ? null : Number(value) });
          setChangedThreads(true);
        }}
        options={[
          { value: 'all', label: `All of this device, ${services.device.threads}` },
          ...threads().map((count) => ({ value: count, label: plural(Number(count), 'thread', 'threads') })),
        ]}
      />
      <p class="quiet small" aria-live="polite">
        {changedThreads() ? 'It applies when Gnomon is opened the next time.' : ''}
      </p>
      <RadioCards
        legend="What went into a proof, once it has ended"
        hint="Applies to proofs that are started from now on."
        value={settings().keepInput}
        onChange={(keepInput) => change({ keepInput })}
        options={KEEPING}
      />
      <Show when={!kept()}>
        <Notice kind="warn" title="The browser does not keep settings here.">
          They last until this page is closed.
        </Notice>
      </Show>
    </Section>
  );
}
