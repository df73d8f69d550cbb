// The digests of a circuit's three files: what tells one circuit from another for sure.
import type { JSX } from 'solid-js';
import type { CircuitEntry } from '../../../core/manifest.ts';
import { bytesText } from '../../components/format.ts';
import { Hash } from '../../components/Hash.tsx';
import { Facts } from '../../components/Marks.tsx';

const FILES = [
  { kind: 'wasm', term: 'Calculator' },
  { kind: 'zkey', term: 'Proving key' },
  { kind: 'vkey', term: 'Verification key' },
] as const;

export function Digests(props: { circuit: CircuitEntry }): JSX.Element {
  return (
    <Facts
      items={FILES.map(({ kind, term }) => ({
        term,
        value: (
          <span class="circuit-file">
            <span>{bytesText(props.circuit.artifacts[kind].bytes)}</span>
            <Hash
              value={props.circuit.artifacts[kind].sha256}
              what={`SHA-256 of the ${term.toLowerCase()}`}
            />
          </span>
        ),
      }))}
    />
  );
}
