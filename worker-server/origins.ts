// Which pages may talk to this server: its own on loopback, and those of the configuration. Never what a request
// says of itself.
export interface Origins {
  /** Null: no Origin header, hence no page: programs must bring a token, if there is one. */
  allows(origin: string | null): boolean;
  /** A server without tokens answers to loopback names only: a foreign name that was pointed at this machine
   * (DNS rebinding) would make a foreign page its own. */
  allowsHost(host: string | null): boolean;
}

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/** `port` is asked each time: it is known only after listening when 0 was configured. */
export function makeOrigins(
  options: { allowedOrigins: readonly string[]; open: boolean },
  port: () => number,
): Origins {
  const configured = new Set(options.allowedOrigins);
  const own = (name: string) => `http://${name}:${port()}`;
  return {
    allows(origin) {
      if (origin === null) return true;
      return configured.has(origin) || LOOPBACK_NAMES.some((name) => own(name) === origin);
    },
    allowsHost(host) {
      if (!options.open || host === null) return true;
      const name = host.replace(/:\d+$/, '').toLowerCase();
      return LOOPBACK_NAMES.includes(name);
    },
  };
}
