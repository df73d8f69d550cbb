// Tables for experts: the public signals with what each means, and where the time went.
import type { JSX } from 'solid-js';
import { type ProofResult, STAGES } from '../../../core/job.ts';
import type { CircuitEntry } from '../../../core/manifest.ts';
import { DataTable } from '../../components/DataTable.tsx';
import { exactMs } from '../../components/format.ts';
import { Hash } from '../../components/Hash.tsx';
import { SIGNAL_MEANINGS } from './claim-words.ts';
import { STAGE_NAMES } from './job-words.ts';

export function SignalsTable(props: {
  circuit: CircuitEntry;
  publicSignals: readonly string[];
}): JSX.Element {
  const rows = () =>
    props.publicSignals.map((value, at) => ({
      name: props.circuit.publicSignals[at] ?? `signal ${at + 1}`,
      value,
    }));
  return (
    <DataTable
      caption="Public signals, in the order of the proof"
      columns={[
        {
          id: 'name',
          header: 'Signal',
          cell: (row) => (
            <>
              <span class="mono">{row.name}</span>
              <span class="signal-meaning">{SIGNAL_MEANINGS[row.name] ?? ''}</span>
            </>
          ),
        },
        { id: 'value', header: 'Value', cell: (row) => <Hash value={row.value} what={row.name} /> },
      ]}
      rows={rows()}
    />
  );
}

const PROVERS: Record<string, string> = { engine: 'Gnomon’s engine' };

export function TimingsTable(props: { result: ProofResult }): JSX.Element {
  const rows = () => {
    const stages = STAGES.flatMap((stage) => {
      const ms = props.result.timingsMs[stage];
      return ms === undefined ? [] : [{ what: STAGE_NAMES[stage], ms }];
    });
    return [...stages, { what: 'Together', ms: stages.reduce((sum, row) => sum + row.ms, 0) }];
  };
  return (
    <DataTable
      caption={`By ${PROVERS[props.result.prover] ?? props.result.prover}, ${props.result.threads === 1 ? 'one thread' : `${props.result.threads} threads`}`}
      columns={[
        { id: 'what', header: 'Stage', cell: (row) => row.what },
        { id: 'ms', header: 'Time', align: 'end', cell: (row) => exactMs(row.ms) },
      ]}
      rows={rows()}
    />
  );
}
