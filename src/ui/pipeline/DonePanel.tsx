// A finished proof: what was checked, and the ways to take it along.
import { type JSX, Show } from 'solid-js';
import type { ProofOutcome } from '../../client/types.ts';
import { Button } from '../components/Button.tsx';
import { saveFile } from '../components/files.ts';
import { exactMs } from '../components/format.ts';
import { CopyButton } from '../components/Hash.tsx';
import { Notice } from '../components/Notice.tsx';
import type { Pipeline } from './create-pipeline.ts';

export function DonePanel(props: { pipeline: Pipeline }): JSX.Element {
  return (
    <Show when={props.pipeline.job()?.outcome}>
      {(outcome) => (
        <div class="stack" part="result">
          <Notice kind="ok" title="Verified">
            <p>
              Made on {outcome().madeBy} in {exactMs(outcome().durationMs)}, and checked on this device.
            </p>
            <Show when={outcome().developmentKey}>
              <p>
                Its key is a development key: anyone could make the same proof, so it proves nothing about
                anyone.
              </p>
            </Show>
          </Notice>
          <div class="row pipeline-actions">
            <Button
              variant="primary"
              icon="download"
              part="button"
              onClick={() => saveFile(`proof-${outcome().circuit}.json`, fileOf(outcome()))}
            >
              Download
            </Button>
            <CopyButton value={fileOf(outcome())} what="proof" text="Copy" />
            <Button variant="quiet" icon="plus" onClick={() => props.pipeline.reset()}>
              Make another
            </Button>
          </div>
        </div>
      )}
    </Show>
  );
}

function fileOf({ proof, publicSignals, circuit, claim }: ProofOutcome): string {
  return `${JSON.stringify({ circuit, proof, publicSignals, ...(claim === undefined ? {} : { claim }) }, null, 2)}\n`;
}
