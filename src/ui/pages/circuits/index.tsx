// Circuits: the list at /circuit-list, one that a person brought, ready to prove with, at /circuit-list/:id.
import { useParams } from '@solidjs/router';
import { type JSX, Show } from 'solid-js';
import { CircuitsPage } from './CircuitsPage.tsx';
import { OwnCircuitPage } from './OwnCircuitPage.tsx';
import './circuits.css';

export default function Circuits(): JSX.Element {
  const params = useParams();
  return (
    <Show when={params.id} keyed fallback={<CircuitsPage />}>
      {(id) => <OwnCircuitPage id={id} />}
    </Show>
  );
}
