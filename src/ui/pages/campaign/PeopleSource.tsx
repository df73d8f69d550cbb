// Whose identities a campaign binds: a demo's published ones, or the table of those who registered.
import { createSignal, type JSX, Show } from 'solid-js';
import { type ErrorData, toErrorData } from '../../../core/errors.ts';
import { Button } from '../../components/Button.tsx';
import { Checkbox } from '../../components/Field.tsx';
import { FileDrop } from '../../components/FileDrop.tsx';
import { readTextFile } from '../../components/files.ts';
import { DemoBadge } from '../../components/Marks.tsx';
import { Notice } from '../../components/Notice.tsx';
import { Section } from '../../components/Page.tsx';
import { RadioCards } from '../../components/RadioCards.tsx';
import type { Publishing } from './create-publishing.ts';

/** A signed row takes about 450 characters; this is some 140,000 people. */
const TABLE_BYTES_MAX = 64 * 2 ** 20;

export function PeopleSource(props: { publishing: Publishing; developmentKeys: boolean }): JSX.Element {
  const state = () => props.publishing.state;
  const form = () => state().form;
  const [error, setError] = createSignal<ErrorData | null>(null);
  const open = async (file: File | undefined) => {
    if (file === undefined) return;
    setError(null);
    try {
      props.publishing.takeCommitments(file.name, await readTextFile(file, TABLE_BYTES_MAX));
    } catch (thrown) {
      setError(toErrorData(thrown));
    }
  };
  return (
    <Section title="3. People" aside={form().demo ? <DemoBadge /> : undefined}>
      <RadioCards
        legend="Identities"
        value={form().demo ? 'demo' : 'real'}
        onChange={(kind) => props.publishing.change({ demo: kind === 'demo' })}
        options={[
          {
            value: 'real',
            title: 'Registered people',
            text: 'Each has made an identity and handed in its commitment, signed. Others are left out.',
          },
          {
            value: 'demo',
            title: 'Demo',
            text: 'Everyone gets an identity from a published seed. Anyone can claim as anyone: it proves nothing.',
          },
        ]}
      />
      <Show when={!form().demo}>
        <Show
          when={state().commitmentsName}
          fallback={
            <FileDrop
              label="Table of commitments"
              hint="CSV with subject,commitment,signature: one line each, as the Identity page hands them out."
              accept=".csv,text/csv"
              onFiles={([file]) => void open(file)}
            />
          }
        >
          {(name) => (
            <div class="row">
              <span class="mono">{name()}</span>
              <Button variant="quiet" icon="close" onClick={() => props.publishing.dropCommitments()}>
                Remove
              </Button>
            </div>
          )}
        </Show>
        <Show when={error()}>{(data) => <Notice error={data()} />}</Show>
        <Show when={state().problems.commitmentsCsv}>
          {(problem) => <span class="field-error">{problem()}</span>}
        </Show>
        <Checkbox
          label="Take rows without a signature"
          hint="You then vouch that each commitment belongs to its person."
          checked={form().allowUnsigned}
          onChange={(allowUnsigned) => props.publishing.change({ allowUnsigned })}
        />
        <Show when={props.developmentKeys}>
          <Notice
            kind="warn"
            title="These sizes have development keys"
            nextStep="Use keys from a ceremony, or mark the campaign as a demo."
          >
            Anyone can forge proofs with them, so claims of a real campaign will be refused when they are
            verified.
          </Notice>
        </Show>
      </Show>
    </Section>
  );
}
