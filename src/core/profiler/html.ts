// Text into HTML without a chance of becoming markup.

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/** A figure as it is read, with its exact value for whoever reads the page by program. */
export function dataElement(value: number, text: string): string {
  return `<data value="${value}">${escapeHtml(text)}</data>`;
}
