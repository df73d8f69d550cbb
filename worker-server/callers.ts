// Who is asking: by bearer token or JWT, or anyone on a loopback server without tokens. Tokens are compared in
// constant time; nothing here logs or quotes them.
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  jwtVerify,
} from 'jose';
import { GnomonError } from '../src/core/errors.ts';
import type { NamedToken, ServerConfig } from './config.ts';
import type { RateLimit } from './rate-limit.ts';

export interface Caller {
  /** Limits, queues and job ids are per owner. */
  owner: string;
  /** May register workers and see everyone's jobs. */
  admin: boolean;
  /** From a JWT's subject: a body that names another user is refused. */
  userId: string | null;
}

export interface Callers {
  /** Whether requests must bring a token at all. */
  readonly open: boolean;
  /** Rejects with `input.token-missing` or `input.token`. */
  identify(token: string | null): Promise<Caller>;
}

/** Asymmetric only: with a shared secret, whoever can check a token can also make one. */
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA', 'Ed25519'];
const ADMIN_SCOPE = 'gnomon:admin';
/** No owner is called that: theirs begin with `token:` or `user:`. */
const GUESSERS = 'guessers';

/** Reads the key set from its file; from a URL it is fetched when first needed. */
export async function makeCallers(
  config: Pick<ServerConfig, 'tokens' | 'adminToken' | 'jwt'>,
): Promise<Callers> {
  const { tokens, adminToken, jwt } = config;
  const open = tokens.length === 0 && adminToken === null && jwt === null;
  const known: (NamedToken & { admin: boolean })[] = [
    ...tokens.map((token) => ({ ...token, admin: false })),
    ...(adminToken === null ? [] : [{ name: 'admin', token: adminToken, admin: true }]),
  ];
  const verifyJwt = jwt === null ? null : await makeJwtCheck(jwt);
  return {
    open,
    async identify(token) {
      if (open) return { owner: 'local', admin: true, userId: null };
      if (token === null || token === '') throw missing();
      // Every known token is compared, so that time tells nothing about which one came close.
      let found: Caller | null = null;
      for (const { name, token: expected, admin } of known) {
        if (sameToken(token, expected)) found = { owner: `token:${name}`, admin, userId: null };
      }
      if (found !== null) return found;
      if (verifyJwt === null) throw refused();
      return verifyJwt(token);
    },
  };
}

/** The same callers; wrong tokens share one client's rate, so that nobody can try many. Right ones never wait for it. */
export function limitGuesses({ open, identify }: Callers, rate: RateLimit): Callers {
  return {
    open,
    async identify(token) {
      try {
        return await identify(token);
      } catch (thrown) {
        if (thrown instanceof GnomonError && thrown.code === 'input.token') await rate.spend(GUESSERS);
        throw thrown;
      }
    },
  };
}

/** In constant time: of digests, which have one length. */
function sameToken(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

async function makeJwtCheck(
  jwt: NonNullable<ServerConfig['jwt']>,
): Promise<(token: string) => Promise<Caller>> {
  const keys = await openKeySet(jwt.jwks);
  const options = {
    algorithms: ALGORITHMS,
    requiredClaims: ['sub', 'exp'],
    ...(jwt.issuer === null ? {} : { issuer: jwt.issuer }),
    ...(jwt.audience === null ? {} : { audience: jwt.audience }),
  };
  return async (token) => {
    let payload: JWTPayload;
    try {
      ({ payload } = await jwtVerify(token, keys, options));
    } catch (thrown) {
      throw isUnreachable(thrown) ? keysOutOfReach(thrown) : refused();
    }
    const userId = payload.sub;
    if (userId === undefined || userId === '' || userId.length > 256) throw refused();
    const scopes = typeof payload.scope === 'string' ? payload.scope.split(' ') : [];
    return { owner: `user:${userId}`, admin: scopes.includes(ADMIN_SCOPE), userId };
  };
}

async function openKeySet(jwks: string) {
  if (/^https?:\/\//.test(jwks)) return createRemoteJWKSet(new URL(jwks));
  try {
    return createLocalJWKSet(JSON.parse(await readFile(jwks, 'utf8')) as JSONWebKeySet);
  } catch (cause) {
    throw new GnomonError('input.config', 'The key set for JWTs cannot be read.', {
      where: 'JWT_JWKS',
      nextStep: 'Give the URL or the file of a JSON Web Key Set.',
      cause,
    });
  }
}

/** A key set that cannot be fetched, or is none, is no fault of whoever brings the token. */
function isUnreachable(thrown: unknown): boolean {
  const { JWKSTimeout, JWKSInvalid, JOSEError } = errors;
  if (thrown instanceof JWKSTimeout || thrown instanceof JWKSInvalid) return true;
  // `fetch` throws a TypeError; jose's own for a wrong answer has this code.
  return !(thrown instanceof JOSEError) || thrown.code === 'ERR_JOSE_GENERIC';
}

function keysOutOfReach(cause: unknown): GnomonError {
  return new GnomonError('resource.key-set', 'The keys that tokens are checked with cannot be fetched.', {
    where: 'JWT_JWKS',
    nextStep: 'Try again in a moment; whoever runs this server should check the address of the key set.',
    cause,
  });
}

function missing(): GnomonError {
  return new GnomonError('input.token-missing', 'This server asks for a token.', {
    nextStep: 'Send it as Authorization: Bearer …, or as token in the WebSocket hello.',
  });
}

function refused(): GnomonError {
  return new GnomonError('input.token', 'This token is not known here, or has run out.', {
    nextStep: 'Ask whoever runs this server for one.',
  });
}
