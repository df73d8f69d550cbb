// Writes CSV that a spreadsheet shows and never runs: text that begins like a formula gets a quote in
// front (OWASP, "CSV Injection").

/** Rows as CSV (RFC 4180: CRLF, every cell quoted), headings first. */
export function toCsv(headings: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [headings, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

function cell(value: string | number): string {
  if (typeof value === 'number') return `"${value}"`;
  // First, or a formula could stand behind it unseen.
  const text = value.replaceAll('\u0000', '');
  // A formula may hide behind white space, and full-width signs count in some locales.
  const harmless = /^\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20|]|^[\t\r\n]/u.test(text) ? `'${text}` : text;
  return `"${harmless.replaceAll('"', '""')}"`;
}
