// The custom element's public face, for its implementation and for the published types.
import type {
  Attestation,
  Gnomon,
  InputValue,
  PrivacyTier,
  ProofError,
  ProofJob,
  ProofOutcome,
  ProofPriority,
  ProofProgress,
  ProofType,
} from '../client/types.ts';

export interface ProofPipelineEvents {
  progress: CustomEvent<ProofProgress>;
  proof: CustomEvent<ProofOutcome>;
  /** `id` is null when nothing has been started: a wrong attribute, or a request that cannot be proved. */
  error: CustomEvent<ProofError & { id: string | null }>;
}

/** `<proof-pipeline>`. Properties of plain values reflect as attributes in kebab-case; lists and objects may be given
 * as JSON in an attribute. Events do not bubble. */
export interface ProofPipelineElement extends HTMLElement {
  attestations: readonly Attestation[] | null;
  proofType: ProofType | null;
  threshold: number | null;
  lower: number | null;
  upper: number | null;
  /** Whom it is about. */
  subject: string | null;
  /** Fixes the nullifier's scope. */
  scope: string | null;
  /** Bound to the proof. */
  message: string | null;
  /** A claim bundle's text or object. */
  bundle: string | object | null;
  /** Semaphore's export string; a property only, never an attribute, and never stored. */
  identity: string | null;
  /** Id of a circuit in the list; with `input`. */
  circuit: string | null;
  input: Readonly<Record<string, InputValue>> | null;
  priority: ProofPriority;
  privacy: PrivacyTier;
  /** A proof of this id is shown again after a reload. */
  proofId: string | null;
  /** Address of the list of circuits. */
  circuits: string | null;
  circuitsSha256: string | null;
  /** A server to offer; nothing goes there before the person allows it. `VITE_WS_URL` when left out. */
  server: string | null;
  database: string | null;
  /** By the system when left out. */
  theme: 'light' | 'dark' | null;
  label: string | null;
  /** A client to use instead of one made from the attributes. */
  client: Gnomon | null;
  /** What it shows now. */
  readonly job: ProofJob | null;
  /** As a click on its button; resolves with the proof's id, or null when it cannot start. */
  start(): Promise<string | null>;
  cancel(): Promise<void>;
  addEventListener<Type extends keyof ProofPipelineEvents>(
    type: Type,
    listener: (event: ProofPipelineEvents[Type]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

declare global {
  interface HTMLElementTagNameMap {
    'proof-pipeline': ProofPipelineElement;
  }
}
