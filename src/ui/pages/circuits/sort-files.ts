// Which of a circuit's files is which, by their endings.

export interface ChosenFiles {
  wasm: File | null;
  zkey: File | null;
  vkey: File | null;
}

/** One of each kind; the names of what is neither, or one too many. */
export function sortFiles(files: readonly File[]): { chosen: Partial<ChosenFiles>; refused: string[] } {
  const chosen: Partial<ChosenFiles> = {};
  const refused: string[] = [];
  for (const file of files) {
    const kind = kindOf(file.name);
    if (kind === null || chosen[kind] !== undefined) refused.push(file.name);
    else chosen[kind] = file;
  }
  return { chosen, refused };
}

function kindOf(name: string): keyof ChosenFiles | null {
  const ending = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase();
  if (ending === 'wasm' || ending === 'zkey') return ending;
  return ending === 'json' ? 'vkey' : null;
}
