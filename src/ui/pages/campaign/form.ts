// The campaign form as typed, and the terms it means. Every field that is wrong is named at once.
import type { CampaignTerms } from '../../../services/snapshots.ts';

type ProofType = CampaignTerms['proofType'];

/** As typed: numbers stay text until they are read, so that nothing is rounded on the way. */
export interface CampaignForm {
  name: string;
  issuer: string;
  campaignId: string;
  /** `YYYY-MM-DDTHH:MM[:SS]`, meant as UTC. */
  asOfUtc: string;
  /** 0…1, up to six decimals; so are the bounds. */
  baseRate: string;
  proofType: ProofType;
  lower: string;
  upper: string;
  sizes: number[];
  weights: 'uniform' | 'flow';
  /** One person a line. */
  seeds: string;
  demo: boolean;
  commitmentsCsv: string | null;
  /** Takes rows of the table without a signature. */
  allowUnsigned: boolean;
}

type FormField = keyof CampaignForm;
export type FormProblems = Partial<Record<FormField, string>>;

export type ReadForm = { ok: true; terms: CampaignTerms } | { ok: false; problems: FormProblems };

const PPM = 1_000_000;

export function emptyForm(nowMs: number): CampaignForm {
  return {
    name: '',
    issuer: '',
    campaignId: '',
    asOfUtc: utcInput(Math.floor(nowMs / 1000)),
    baseRate: '0.5',
    proofType: 'threshold',
    lower: '0.7',
    upper: '1',
    sizes: [16, 64, 256],
    weights: 'uniform',
    seeds: '',
    demo: false,
    commitmentsCsv: null,
    allowUnsigned: false,
  };
}

/** Unix seconds as a `datetime-local` input shows them, in UTC. */
export function utcInput(unixSeconds: number): string {
  return new Date(unixSeconds * 1000).toISOString().slice(0, 19);
}

/** Unix seconds, or null when the text is no date that exists. */
export function readUtc(text: string): number | null {
  const match = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(:\d{2})?(?:\.0+)?$/.exec(text.trim());
  if (match === null) return null;
  const ms = Date.parse(`${match[1]}T${match[2]}${match[3] ?? ':00'}Z`);
  // Date.parse takes 30 February for 1 March: what comes back must be what was typed.
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== match[1]) return null;
  return ms / 1000;
}

/** A number 0…1 with at most six decimals, exactly, in parts per million; else null. */
export function readPpm(text: string): number | null {
  const match = /^(\d)?(?:[.,](\d{1,6}))?$/.exec(text.trim());
  if (match === null || (match[1] === undefined && match[2] === undefined)) return null;
  const ppm = Number(match[1] ?? '0') * PPM + Number((match[2] ?? '').padEnd(6, '0'));
  return ppm <= PPM ? ppm : null;
}

/** Parts per million as a person writes them: `0.7`. */
export function ppmText(ppm: number): string {
  return (ppm / PPM).toFixed(6).replace(/\.?0+$/, '');
}

/** Reads the form. `nowMs` only says what lies in the future. */
export function readForm(form: CampaignForm, nowMs: number): ReadForm {
  const problems: FormProblems = {};

  for (const [field, what] of [
    ['name', 'Give the campaign a name.'],
    ['issuer', 'Say who issues it, for example your organisation’s web address.'],
    ['campaignId', 'Give it an id that you have not used before.'],
  ] as const) {
    if (form[field].trim() === '') problems[field] = what;
    else if (form[field].includes('\0')) problems[field] = 'Remove the invisible NUL character.';
    else if (form[field].trim().length > 200) problems[field] = 'Keep it under 200 characters.';
  }

  const asOf = readUtc(form.asOfUtc);
  if (asOf === null) problems.asOfUtc = 'Type a date and a time that exist.';
  else if (asOf < 0 || asOf >= 2 ** 40) problems.asOfUtc = 'Choose a date after 1970.';
  else if (asOf * 1000 > nowMs)
    problems.asOfUtc = 'Choose a time that has passed; later ratings could still come.';

  const baseRatePpm = readPpm(form.baseRate);
  if (baseRatePpm === null) problems.baseRate = 'Type a number from 0 to 1, with up to six decimals.';

  const bounds = readBounds(form, problems);

  if (form.sizes.length === 0) problems.sizes = 'Accept at least one size.';

  const seeds = readSeeds(form.seeds);
  if (form.weights === 'flow' && seeds.length === 0) {
    problems.seeds = 'Name at least one person whose trust is taken for granted.';
  }
  if (!form.demo && form.commitmentsCsv === null) {
    problems.commitmentsCsv = 'Add the table of commitments, or mark the campaign as a demo.';
  }

  if (asOf === null || baseRatePpm === null || bounds === null || Object.keys(problems).length > 0) {
    return { ok: false, problems };
  }
  return {
    ok: true,
    terms: {
      name: form.name.trim(),
      issuer: form.issuer.trim(),
      campaignId: form.campaignId.trim(),
      asOf,
      baseRatePpm,
      proofType: form.proofType,
      ...bounds,
      acceptedSizes: [...form.sizes].sort((a, b) => a - b),
      weights: form.weights === 'flow' ? { kind: 'flow', seeds } : { kind: 'uniform' },
      demo: form.demo,
      commitmentsCsv: form.demo ? null : form.commitmentsCsv,
      allowUnsigned: !form.demo && form.allowUnsigned,
    },
  };
}

function readBounds(
  form: CampaignForm,
  problems: FormProblems,
): { lowerPpm: number; upperPpm: number } | null {
  // Exact and membership ask for no bounds of the maker's choosing.
  const lowerPpm = form.proofType === 'threshold' || form.proofType === 'band' ? readPpm(form.lower) : 0;
  const upperPpm = form.proofType === 'band' ? readPpm(form.upper) : PPM;
  const wanted = 'Type a number from 0 to 1, with up to six decimals.';
  if (lowerPpm === null) problems.lower = wanted;
  if (upperPpm === null) problems.upper = wanted;
  if (lowerPpm === null || upperPpm === null) return null;
  if (lowerPpm > upperPpm) {
    problems.upper = 'The upper end lies below the lower one.';
    return null;
  }
  return { lowerPpm, upperPpm };
}

/** One person a line; empty lines and repeats are left out. */
export function readSeeds(text: string): string[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  return [...new Set(lines.filter((line) => line !== ''))];
}
