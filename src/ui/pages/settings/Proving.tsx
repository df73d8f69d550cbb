// How much of the device a proof may take, and what becomes of inputs once a job has ended.
import { A } from '@solidjs/router';
import { createSignal, type JSX, Show } from 'solid-js';
import type { InputRetention } from '../../../core/job.ts';
import type { Settings } from '../../../services/device.ts';
import { Checkbox, Select } from '../../components/Field.tsx';
import { countText, plural } from '../../components/format.ts';
import { Notice } from '../../components/Notice.tsx';
import { Section } from '../../components/Page.tsx';
import { RadioCards } from '../../components/RadioCards.tsx';
import { useServices } from '../../services.ts';

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

const MEMORY_LIMITS_BYTES = [0.5e9, 1e9, 2e9, 4e9, 8e9];

const gigabytes = (bytes: number) => `${Math.round(bytes / 1e8) / 10} GB`;

export function Proving(): JSX.Element {
  const services = useServices();
  const [settings, setSettings] = createSignal(services.settings.read());
  const [permission, setPermission] = createSignal(services.notifications.state());
  const [kept, setKept] = createSignal(true);
  const [changedThreads, setChangedThreads] = createSignal(false);
  const change = (part: Partial<Settings>) => {
    const next = { ...settings(), ...part };
    setSettings(next);
    setKept(services.settings.write(next));
  };
  /** The box is ticked meanwhile, so that a refusal is a change that unticks it. */
  const [asking, setAsking] = createSignal(false);
  const [refused, setRefused] = createSignal(false);
  const changeNotify = async (notify: boolean) => {
    if (notify) {
      setAsking(true);
      setPermission(await services.notifications.ask());
    }
    const allowed = permission() === 'allowed';
    change({ notify: notify && allowed });
    setRefused(notify && !allowed);
    setAsking(false);
  };
  const threads = () => Array.from({ length: services.device.threads }, (_, at) => String(at + 1));
  const memory = () => {
    const has = services.device.memoryBytes;
    const limits = MEMORY_LIMITS_BYTES.filter((bytes) => has === null || bytes < has);
    const set = settings().memoryLimitBytes;
    if (set !== null && !limits.includes(set)) limits.push(set);
    return [
      {
        value: 'all',
        label: has === null ? 'All that the browser gives' : `All of this device, ${gigabytes(has)}`,
      },
      ...limits.map((bytes) => ({ value: String(bytes), label: gigabytes(bytes) })),
    ];
  };
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
      <Select
        label="Memory for a proof"
        hint="A proof that needs more is not begun. With less it takes fewer threads."
        value={String(settings().memoryLimitBytes ?? 'all')}
        onChange={(value) => change({ memoryLimitBytes: value === 'all' ? null : Number(value) })}
        options={memory()}
      />
      <Show when={settings().hereConstraintsMost}>
        {(most) => (
          <Checkbox
            label={`Send circuits of more than ${countText(most())} constraints to a server`}
            hint="As the Profiler advised. Only proofs that may leave, and only to servers that you have allowed."
            checked
            onChange={() => change({ hereConstraintsMost: null })}
          />
        )}
      </Show>
      <Checkbox
        label="Keep the screen on while a proof is made"
        hint="Only while this page is seen. A device that falls asleep stops proving."
        checked={settings().keepAwake}
        onChange={(keepAwake) => change({ keepAwake })}
      />
      <Checkbox
        label="Notify me when a long proof has ended"
        hint="Only while Gnomon is not seen. The notification says nothing of what was proved."
        checked={asking() || (settings().notify && permission() === 'allowed')}
        disabled={permission() === 'unsupported'}
        onChange={(notify) => void changeNotify(notify)}
      />
      <Show when={refused() && permission() === 'refused'}>
        <Notice kind="warn" title="The browser does not allow notifications here.">
          Allow them in the settings of this site, then tick the box again.
        </Notice>
      </Show>
      <p class="quiet small">
        <A href="/profiler">Measure proofs on this device</A> to see which threads and memory suit it.
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
