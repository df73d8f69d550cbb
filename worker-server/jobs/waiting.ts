// Waiting for one thing to be told, for as long as somebody wants to know.

/** `listen` answers how to stop listening. Undefined: `gone` was first. */
export function waitFor<T>(
  listen: (tell: (told: T) => void) => () => void,
  gone?: AbortSignal,
): Promise<T | undefined> {
  return new Promise((resolve) => {
    if (gone?.aborted) return resolve(undefined);
    const leave = (): void => end(undefined);
    const unlisten = listen(end);
    gone?.addEventListener('abort', leave, { once: true });

    function end(told: T | undefined): void {
      unlisten();
      gone?.removeEventListener('abort', leave);
      resolve(told);
    }
  });
}
