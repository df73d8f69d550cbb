// One circuit that the person brought: prove with it, or remove it with its files.
import { createSignal, type JSX, Show } from 'solid-js';
import type { OwnCircuit } from '../../../services/circuits.ts';
import { Button, LinkButton } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { bytesText, plural } from '../../components/format.ts';
import { Notice } from '../../components/Notice.tsx';
import { createAction } from '../../create-action.ts';
import { useServices } from '../../services.ts';
import { SETUP_WORDS, sizeWords, totalBytes, waitingFor } from './circuit-words.ts';
import { Digests } from './Digests.tsx';

export function OwnCircuitRow(props: {
  own: OwnCircuit;
  kept: ReadonlySet<string>;
  onRemoved: () => void;
}): JSX.Element {
  const services = useServices();
  const [asking, setAsking] = createSignal(false);
  const [waiting, setWaiting] = createSignal(0);
  const ask = async () => {
    setWaiting(waitingFor(props.own.circuit, await services.jobs.list().catch(() => [])));
    setAsking(true);
  };
  const remove = createAction(async () => {
    await services.ownCircuits.remove(props.own.circuit.id);
    setAsking(false);
    props.onRemoved();
  });
  return (
    <li class="panel circuit">
      <div class="circuit-head">
        <h3>{props.own.name}</h3>
        <span class="numbers">{bytesText(totalBytes(props.own.circuit))}</span>
      </div>
      <p class="quiet small">
        {sizeWords(props.own.circuit)}, {plural(props.own.inputValues, 'input value', 'input values')}. Key
        set-up: {SETUP_WORDS[props.own.circuit.setup].toLowerCase()}.
      </p>
      <div class="circuit-foot">
        <span class="small">From {props.own.from === 'files' ? 'files of yours' : props.own.from}</span>
        <div class="row">
          <LinkButton
            href={`/circuit-list/${encodeURIComponent(props.own.circuit.id)}`}
            icon="proof"
            aria-label={`Prove with it: ${props.own.name}`}
          >
            Prove with it
          </LinkButton>
          <Button
            variant="quiet"
            icon="trash"
            aria-label={`Remove ${props.own.name}`}
            onClick={() => void ask()}
          >
            Remove
          </Button>
        </div>
      </div>
      <details>
        <summary>Files and digests</summary>
        <Digests circuit={props.own.circuit} />
      </details>
      <Dialog
        open={asking()}
        onOpenChange={setAsking}
        title={`Remove ${props.own.name}?`}
        description="Its files are deleted from this device. Proofs made with it stay; to check one again here, bring the circuit again."
        footer={
          <>
            <Button onClick={() => setAsking(false)}>Keep it</Button>
            <Button variant="danger" busy={remove.busy()} onClick={() => void remove.run()}>
              Remove
            </Button>
          </>
        }
      >
        <Show when={waiting() > 0}>
          <Notice kind="warn" title={`${plural(waiting(), 'proof', 'proofs')} under way will fail.`}>
            They need these files.
          </Notice>
        </Show>
        <Show when={remove.error()}>{(error) => <Notice error={error()} />}</Show>
      </Dialog>
    </li>
  );
}
