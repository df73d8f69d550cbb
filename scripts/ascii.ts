// JavaScript in ASCII alone. For one letter beyond Latin-1, engines keep the whole of a file in two bytes a letter:
// a library with its kernels inside would take a megabyte more of every page.

/** The same program, where no raw string (String.raw) holds such a letter. */
export const inAscii = (code: string): string =>
  code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
