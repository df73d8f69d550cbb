// How far a staged job is, as one number. Pure.

export interface StageShare {
  id: string;
  /** In words, while it runs: "Computing the proof". */
  label: string;
  /** Predicted part of the whole; any positive scale, the bar divides by the sum. */
  share: number;
}

/** Widths of the stages, adding up to 1. Shares of 0 or less count as nothing known: equal parts. */
export function stageWidths(stages: readonly StageShare[]): number[] {
  const usable = stages.every((stage) => Number.isFinite(stage.share) && stage.share > 0);
  const shares = usable ? stages.map((stage) => stage.share) : stages.map(() => 1);
  const sum = shares.reduce((total, share) => total + share, 0);
  return shares.map((share) => share / sum);
}

/** Overall fraction 0…1 of stage `index` at `fraction`. */
export function overallFraction(widths: readonly number[], index: number, fraction: number): number {
  const before = widths.slice(0, Math.max(0, index)).reduce((total, width) => total + width, 0);
  const within = (widths[index] ?? 0) * Math.min(1, Math.max(0, fraction));
  return Math.min(1, before + within);
}

/** How full each stage is when the whole stands at `overall`. */
export function stageFills(widths: readonly number[], overall: number): number[] {
  let rest = overall;
  return widths.map((width) => {
    const fill = width <= 0 ? 1 : Math.min(1, Math.max(0, rest / width));
    rest -= width;
    return fill;
  });
}
