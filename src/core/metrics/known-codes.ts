// The error codes that figures may hold of another machine's attempts. It could name anything as its code, a secret
// too, and without end: what this project's own programs do not say is not kept.

/** What core, provers, remotes and servers say; a test holds it against their source. */
const KNOWN: Record<string, string> = {
  input:
    'config gone identity-locked job-unknown not-found profile-empty profile-report profile-too-large signal-length signal-malformed signal-missing signal-unknown signals-count token token-missing too-large worker-not-allowed worker-url',
  circuit: 'calculator curve mismatch not-found not-offered vkey zkey',
  artifact: 'degenerate digest-mismatch not-found not-kept too-long url zkey-format',
  witness: 'calculator-failed file signals-differ size unsatisfied wtns',
  resource:
    'crowded deadline died-while-proving fleet-unreachable job-lost memory never-taken no-randomness no-sealing no-tier only-proves pool-full queue-full rate-limit shutting-down storage-artifact storage-busy storage-full storage-registrations storage-unavailable thread-died too-small unchecked unverified',
  backend:
    'busy died failed-there invalid-proof left no-randomness not-allowed passes-nothing-on prover-failed stays-here tier-dropped unread verifier-died wrong-proof wrong-refusal',
  network: 'cut-short origin server-lost server-unreachable stalled status unreachable',
  protocol:
    'frame json key key-unknown malformed-answer refused sealed shape too-deep too-large too-many unauthorised unknown-type version witness',
  cancelled: 'aborted by-owner by-request disposed',
  internal: 'input-missing input-unreadable thread unexpected',
};

export const KNOWN_CODES: ReadonlySet<string> = new Set(
  Object.entries(KNOWN).flatMap(([group, whats]) => whats.split(' ').map((what) => `${group}.${what}`)),
);

/** An attempt's error code as figures may keep it. */
export function codeToKeep(kind: 'local' | 'thread' | 'remote', code: string): string {
  return kind !== 'remote' || KNOWN_CODES.has(code) ? code : 'backend.failed-there';
}
