// A report as JSON, HTML and CSV: the same figures in all three, back again unchanged, and nothing in it becomes markup.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ProfileReport, readReport, toJson } from '../../../src/core/profiler/report.ts';
import { chartsOf } from '../../../src/core/profiler/report-charts.ts';
import { profileCsv } from '../../../src/core/profiler/report-csv.ts';
import { profileHtml } from '../../../src/core/profiler/report-html.ts';
import { timeText } from '../../../src/core/profiler/words.ts';
import { type CellChoice, cellOf, reportWith, runOf } from './made-up.ts';

const HOSTILE = `</script><script>alert(1)</script><img src=x onerror=alert(1)> & "quoted" '=1+1`;

const choices: fc.Arbitrary<CellChoice> = fc.record(
  {
    size: fc.constantFrom(16, 64, 256),
    prover: fc.constantFrom('engine', 'snarkjs'),
    threads: fc.integer({ min: 1, max: 8 }),
    server: fc.oneof(fc.constant(HOSTILE), fc.string({ maxLength: 40 })),
    peakBytes: fc.array(fc.integer({ min: 0, max: 4e9 }), { maxLength: 3 }),
  },
  { requiredKeys: ['size'] },
);
const times = fc.array(fc.double({ min: 0.01, max: 1e6, noNaN: true }), { maxLength: 8 });
const reports: fc.Arbitrary<ProfileReport> = fc
  .uniqueArray(fc.tuple(times, choices), { maxLength: 6, selector: ([, choice]) => cellOf([], choice).id })
  .map((cells) => reportWith(cells.map(([ms, choice]) => cellOf(ms, choice))));

const fromHtml = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

/** The figures in the table of times, by cell: as written and as read. */
function figuresIn(html: string): Map<string, { value: number; text: string }[]> {
  const table = html.slice(html.indexOf('Time of a proof; '), html.indexOf('Where the time goes'));
  return new Map(
    [...table.matchAll(/<tr data-cell="([^"]*)">(.*?)<\/tr>/gs)].map(([, id, row]) => [
      fromHtml(id!),
      [...row!.matchAll(/<data value="([^"]*)">([^<]*)<\/data>/g)].map(([, value, text]) => ({
        value: Number(value),
        text: text!,
      })),
    ]),
  );
}

describe('a report', () => {
  it('comes back unchanged from JSON and from HTML', () => {
    fc.assert(
      fc.property(reports, (report) => {
        expect(readReport(toJson(report))).toEqual(report);
        expect(readReport(profileHtml(report))).toEqual(report);
      }),
    );
  });

  it('shows the same figures in HTML and CSV as in JSON', () => {
    fc.assert(
      fc.property(reports, (report) => {
        const parsed = JSON.parse(toJson(report)) as ProfileReport;
        const shown = figuresIn(profileHtml(report));
        const [head, ...lines] = profileCsv(report).trimEnd().split('\r\n');
        const columns = head!.split(',').map((name) => name.slice(1, -1));
        expect(lines).toHaveLength(parsed.cells.length);
        parsed.cells.forEach((cell, at) => {
          const { totalMs, firstMs } = cell.figures;
          const wanted =
            totalMs === null
              ? [0]
              : [
                  totalMs.count,
                  ...[totalMs.mean, totalMs.min, totalMs.max, totalMs.p50, totalMs.p95, totalMs.p99],
                  totalMs.standardDeviation,
                ];
          if (firstMs !== null) wanted.push(firstMs.mean);
          const found = shown.get(cell.id)!;
          expect(found.map(({ value }) => value)).toEqual(wanted);
          for (const { value, text } of found.slice(1)) expect(text).toBe(timeText(value));
          // The last columns hold numbers only, so that a server's name with a comma is out of the way.
          const fields = lines[at]!.split(',').reverse();
          const p95 = fields[columns.length - 1 - columns.indexOf('total_ms_p95')];
          expect(p95).toBe(`"${totalMs?.p95 ?? ''}"`);
        });
      }),
    );
  });

  it('lets nothing become markup, a formula, or a way out of its data', () => {
    const report = reportWith([cellOf([1, 2, 3], { server: HOSTILE })], {
      skipped: [{ what: HOSTILE, why: HOSTILE }],
      machine: { ...reportWith([]).machine, runtime: HOSTILE, name: HOSTILE },
    });
    const html = profileHtml(report);
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html).not.toContain('<img');
    expect(html).toContain("default-src 'none'");
    const tags = html.slice(0, html.lastIndexOf('<script')).replace(/"[^"]*"/g, '""');
    expect(tags).not.toMatch(/<\w[^>]*\s(?:src|href|on\w+)=/);
    expect(readReport(html)).toEqual(report);
    expect(profileCsv(reportWith([cellOf([1], { server: '=HYPERLINK("x")' })]))).toContain(
      `"'=HYPERLINK(""x"")"`,
    );
  });

  it('is computed anew from its proofs when it is read, whatever it says', () => {
    const report = reportWith([cellOf([10, 20, 30])]);
    const forged = structuredClone(report);
    forged.cells[0]!.figures.totalMs!.mean = 1;
    forged.advice.recommendations = [
      { kind: 'threads', text: 'Use 64 threads.', figures: [], setting: { threads: 64 } },
    ];
    expect(readReport(JSON.stringify(forged))).toEqual(report);
  });

  it('that is none, of another version, or damaged is refused with the place', () => {
    const text = toJson(reportWith([cellOf([10])]));
    const code = { code: 'input.profile-report' };
    expect(() => readReport('{')).toThrow(expect.objectContaining(code));
    expect(() => readReport('{"format":"gnomon/campaign"}')).toThrow(/no report/);
    expect(() => readReport(text.replace('"version": 1', '"version": 2'))).toThrow(/another version/);
    expect(() => readReport(text.replace('"totalMs": 10', '"totalMs": "10"'))).toThrow(
      expect.objectContaining({ ...code, where: 'cells.0.runs.0.totalMs' }),
    );
  });

  it('counts the proofs that count, and keeps the first ones apart', () => {
    const runs = [
      runOf(500, { warmUp: true, first: true }),
      runOf(100, { cpuMs: 150 }),
      runOf(200, { cpuMs: 250 }),
    ];
    const [cell] = reportWith([{ ...cellOf([]), runs }]).cells;
    expect(cell?.figures).toMatchObject({
      totalMs: { count: 2, mean: 150 },
      firstMs: { count: 1, mean: 500 },
      stagesMs: { witness: 37.5, proving: 112.5 },
    });
    expect(cell?.figures.coresUsed).toBeCloseTo(200 / 150);
  });

  it('says of memory whether it is the most or what was left', () => {
    const told = reportWith([cellOf([10, 11], { peakBytes: [2e8] })]);
    expect(chartsOf(told).join()).toContain('The most that the proving process held.');
    const page = { ...told, machine: { ...told.machine, memoryIs: 'page' as const } };
    expect(chartsOf(page).join()).toContain('What the page and its workers held after proving.');
    expect(profileHtml(page)).not.toMatch(/the most that was held|at most/i);
  });

  it('divides processor time by the time of the same proofs, with the threads that were asked for', () => {
    const runs = [
      runOf(100, { cpuMs: 150, threads: 2 }),
      // The system did not tell of this one, and that one fell back to one thread.
      runOf(900, { threads: 2 }),
      runOf(200, { cpuMs: 200, threads: 1 }),
      runOf(100, { cpuMs: 190, threads: 2 }),
    ];
    const [cell] = reportWith([{ ...cellOf([]), threads: 2, runs }]).cells;
    expect(cell?.figures.coresUsed).toBeCloseTo(340 / 200);
    const [none] = reportWith([{ ...cellOf([]), threads: 4, runs }]).cells;
    expect(none?.figures.coresUsed).toBeNull();
  });
});
