// What should only go on while somebody can see it: it ends while the page is hidden, and begins again.

/** `begin` returns what ends it, as does this. */
export function whileSeen(
  begin: () => () => void,
  page: Pick<Document, 'visibilityState' | 'addEventListener' | 'removeEventListener'> = document,
): () => void {
  let end: (() => void) | null = null;
  const stop = () => {
    end?.();
    end = null;
  };
  const follow = () => {
    if (page.visibilityState === 'visible') end ??= begin();
    else stop();
  };
  page.addEventListener('visibilitychange', follow);
  follow();
  return () => {
    page.removeEventListener('visibilitychange', follow);
    stop();
  };
}
