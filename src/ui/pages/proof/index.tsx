// Proofs: the list at /proofs, one of them at /proofs/:id. Both read the same live jobs.
import { useParams } from '@solidjs/router';
import { type JSX, Show } from 'solid-js';
import { useServices } from '../../services.ts';
import { createJobs } from './create-jobs.ts';
import { ProofPage } from './ProofPage.tsx';
import { ProofsPage } from './ProofsPage.tsx';
import './proof.css';

export default function Proofs(): JSX.Element {
  const params = useParams();
  const live = createJobs(useServices().jobs);
  return (
    <Show when={params.id} keyed fallback={<ProofsPage live={live} />}>
      {(id) => <ProofPage id={id} live={live} />}
    </Show>
  );
}
