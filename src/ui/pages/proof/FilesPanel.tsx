// The proof to take away: the claim file for the campaign, snarkjs' files and Solidity calldata for tools.
import { createMemo, createResource, type JSX, Show } from 'solid-js';
import { toErrorData } from '../../../core/errors.ts';
import type { Job, ProofResult } from '../../../core/job.ts';
import { Button } from '../../components/Button.tsx';
import { saveFile } from '../../components/files.ts';
import { CopyButton } from '../../components/Hash.tsx';
import { Notice } from '../../components/Notice.tsx';
import { Section } from '../../components/Page.tsx';
import { useServices } from '../../services.ts';
import type { ClaimContext } from '../claim/claim-context.ts';
import { calldataFile, claimFile, type NamedFile, snarkjsFiles } from './proof-files.ts';

export interface FilesPanelProps {
  job: Job;
  result: ProofResult;
  context: ClaimContext | null;
}

export function FilesPanel(props: FilesPanelProps): JSX.Element {
  const services = useServices();
  const snarkjs = createMemo(() => snarkjsFiles(props.job, props.result));
  const claim = createMemo(() =>
    props.context === null ? null : claimFile(props.job, props.context, props.result),
  );
  const [calldata] = createResource(
    () => props.result,
    async (result) => {
      const text = await services.verifier.solidityCalldata(result.proof, result.publicSignals);
      return calldataFile(props.job, text);
    },
  );
  return (
    <Section title="Take it with you">
      <ul class="files">
        <Show when={claim()}>
          {(file) => (
            <FileRow
              file={file()}
              title="Claim file"
              text="For the campaign. It holds the proof and what it was made for, and nothing secret."
              primary
            />
          )}
        </Show>
        <FileRow file={snarkjs().proof} title="Proof" text="proof.json, as snarkjs writes it." />
        <FileRow
          file={snarkjs().publicSignals}
          title="Public signals"
          text="public.json, as snarkjs writes it."
        />
        <Show when={calldata.error === undefined ? calldata() : undefined}>
          {(file) => (
            <FileRow
              file={file()}
              title="Solidity calldata"
              text="Arguments of verifyProof in a verifier contract."
              type="text/plain"
            />
          )}
        </Show>
      </ul>
      <Show when={calldata.error}>
        {(thrown) => <Notice title="The calldata could not be made" error={toErrorData(thrown())} />}
      </Show>
    </Section>
  );
}

interface FileRowProps {
  file: NamedFile;
  title: string;
  text: string;
  primary?: boolean;
  type?: string;
}

function FileRow(props: FileRowProps): JSX.Element {
  return (
    <li class="file-row">
      <div>
        <p>
          <strong>{props.title}</strong>
        </p>
        <p class="small quiet">{props.text}</p>
      </div>
      <div class="row">
        <CopyButton value={props.file.text} what={props.title.toLowerCase()} />
        <Button
          variant={props.primary === true ? 'primary' : 'plain'}
          icon="download"
          aria-label={`Download ${props.title.toLowerCase()}`}
          onClick={() => saveFile(props.file.name, props.file.text, props.type)}
        >
          Download
        </Button>
      </div>
    </li>
  );
}
