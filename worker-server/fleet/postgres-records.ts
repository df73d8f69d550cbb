// Records in PostgreSQL: a row for each job, inputs apart with an expiry. Every write is one statement, so that it
// happens whole or not at all.
import type { Pool, PoolClient } from 'pg';
import {
  BEAT_KEPT_MS,
  type Beat,
  ENDED_BYTES,
  fromText,
  INPUT_KEPT_MS,
  type Inserted,
  KEPT,
  type Kept,
  keptMs,
  keyOf,
  ownerOf,
  type Records,
  toText,
} from './records.ts';

const IN = (ms: string) => `now() + ${ms} * interval '1 millisecond'`;

/** Makes what is not there yet; safe when many machines start at once. `schema`: letters, digits and underscores. */
export async function createRecords(client: PoolClient, schema: string): Promise<void> {
  // Several statements in one query are one transaction, which holds the lock until its end.
  await client.query(`
    SELECT pg_advisory_xact_lock(hashtext('gnomon schema'));
    CREATE SCHEMA IF NOT EXISTS ${schema};
    CREATE SEQUENCE IF NOT EXISTS ${schema}.sequence;
    CREATE TABLE IF NOT EXISTS ${schema}.job (
      key text PRIMARY KEY, owner text NOT NULL, state text NOT NULL, revision bigint NOT NULL,
      sequence bigint NOT NULL, text text NOT NULL, expires_at timestamptz
    );
    -- What it counts for while it has an input.
    ALTER TABLE ${schema}.job ADD COLUMN IF NOT EXISTS held bigint NOT NULL DEFAULT 0;
    CREATE INDEX IF NOT EXISTS job_state ON ${schema}.job (state, sequence);
    CREATE INDEX IF NOT EXISTS job_newest ON ${schema}.job (sequence);
    CREATE INDEX IF NOT EXISTS job_owned ON ${schema}.job (owner, sequence);
    CREATE INDEX IF NOT EXISTS job_waiting ON ${schema}.job (owner) WHERE state = 'queued';
    CREATE INDEX IF NOT EXISTS job_held ON ${schema}.job (owner) INCLUDE (held) WHERE held > 0;
    CREATE TABLE IF NOT EXISTS ${schema}.input (
      key text PRIMARY KEY REFERENCES ${schema}.job ON DELETE CASCADE, sealed bytea NOT NULL,
      expires_at timestamptz NOT NULL
    );
    CREATE TABLE IF NOT EXISTS ${schema}.rate (
      owner text, minute bigint, used integer NOT NULL, PRIMARY KEY (owner, minute)
    );
    CREATE TABLE IF NOT EXISTS ${schema}.prover (name text PRIMARY KEY, text text NOT NULL, seen_at timestamptz NOT NULL);
    CREATE TABLE IF NOT EXISTS ${schema}.aside (name text PRIMARY KEY, reason text NOT NULL);
    CREATE TABLE IF NOT EXISTS ${schema}.identity (one boolean PRIMARY KEY, id text NOT NULL);
    CREATE OR REPLACE FUNCTION ${schema}.insert_job(
      a_key text, an_owner text, a_revision bigint, a_sequence bigint, a_text text, a_sealed bytea,
      input_ms bigint, most bigint, most_of_owner bigint, most_bytes bigint,
      over_revision bigint, over_sequence bigint
    ) RETURNS text LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    DECLARE
      bytes bigint := octet_length(a_text) + octet_length(a_sealed);
      mine bigint;
      others bigint;
    BEGIN
      -- One at a time, so that the caps hold.
      PERFORM pg_advisory_xact_lock(hashtext('gnomon insert ${schema}'));
      DELETE FROM ${schema}.job WHERE key = a_key AND expires_at < now();
      IF EXISTS (
        SELECT FROM ${schema}.job WHERE key = a_key
          AND (revision, sequence) IS DISTINCT FROM (over_revision, over_sequence)
      ) THEN RETURN 'known'; END IF;
      -- The one that it takes the place of does not count.
      IF (SELECT count(*) FROM ${schema}.job WHERE state = 'queued' AND owner = an_owner AND key <> a_key)
        >= most_of_owner THEN RETURN 'full-owner'; END IF;
      IF (SELECT count(*) FROM ${schema}.job WHERE state = 'queued' AND key <> a_key) >= most THEN RETURN 'full'; END IF;
      SELECT coalesce(sum(held) FILTER (WHERE owner = an_owner), 0),
        coalesce(sum(held) FILTER (WHERE owner <> an_owner), 0)
        INTO mine, others FROM ${schema}.job WHERE held > 0 AND key <> a_key;
      IF mine + others + bytes > most_bytes THEN RETURN 'full-bytes'; END IF;
      -- An owner's may be as many as are left for the others.
      IF mine > 0 AND mine + bytes > most_bytes - mine - others - bytes THEN RETURN 'full-owner-bytes'; END IF;
      DELETE FROM ${schema}.job WHERE key = a_key;
      INSERT INTO ${schema}.job (key, owner, state, revision, sequence, text, held)
        VALUES (a_key, an_owner, 'queued', a_revision, a_sequence, a_text, bytes);
      INSERT INTO ${schema}.input VALUES (a_key, a_sealed, ${IN('input_ms')});
      RETURN 'added';
    END $$;`);
}

export function postgresRecords(pool: Pool, schema: string, kept: Kept = KEPT): Records {
  const alive = '(expires_at IS NULL OR expires_at > now())';

  async function rows<T>(text: string, values: unknown[] = []): Promise<T[]> {
    return (await pool.query(text, values)).rows as T[];
  }

  return {
    async get(key) {
      const [row] = await rows<{ text: string }>(
        `SELECT text FROM ${schema}.job WHERE key = $1 AND ${alive}`,
        [key],
      );
      return row && fromText(row.text);
    },

    async insert(job, sealed, { maxQueued, maxQueuedPerOwner, maxQueuedBytes }, over) {
      const text = toText({ job, offer: null });
      const [row] = await rows<{ how: Inserted }>(
        `SELECT ${schema}.insert_job($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) AS how`,
        [
          ...[keyOf(job.id), keyOf(ownerOf(job.id)), job.revision, job.sequence, text],
          ...[Buffer.from(sealed), INPUT_KEPT_MS, maxQueued, maxQueuedPerOwner],
          ...[maxQueuedBytes, over?.revision ?? null, over?.sequence ?? null],
        ],
      );
      return row!.how;
    },

    async replace(before, after) {
      const { job } = after;
      const [row] = await rows<{ changed: number }>(
        `WITH changed AS (
           UPDATE ${schema}.job SET revision = $3, state = $4, sequence = $5, text = $6,
             held = CASE WHEN $8 THEN held ELSE 0 END,
             expires_at = CASE WHEN $7 = 0 THEN NULL ELSE ${IN('$7::bigint')} END
           WHERE key = $1 AND revision = $2 AND sequence = $9 RETURNING key
         ), dropped AS (
           DELETE FROM ${schema}.input WHERE NOT $8 AND key IN (SELECT key FROM changed)
         ) SELECT count(*)::int AS changed FROM changed`,
        [
          ...[keyOf(job.id), before.job.revision, job.revision, job.state, job.sequence],
          ...[toText(after), keptMs(job), job.inputKept, before.job.sequence],
        ],
      );
      return row?.changed === 1;
    },

    async remove(key) {
      await rows(`DELETE FROM ${schema}.job WHERE key = $1`, [key]);
    },

    async input(key, mostBytes) {
      const [row] = await rows<{ sealed: Buffer }>(
        `SELECT CASE WHEN $2::int IS NULL THEN sealed ELSE substring(sealed FROM 1 FOR $2::int) END AS sealed
         FROM ${schema}.input WHERE key = $1 AND expires_at > now()`,
        [key, mostBytes ?? null],
      );
      return row?.sealed ?? null;
    },

    async nextSequence() {
      const [row] = await rows<{ next: string }>(`SELECT nextval('${schema}.sequence') AS next`);
      return Number(row!.next);
    },

    async list(states, limit = Number.MAX_SAFE_INTEGER) {
      const found = await rows<{ text: string }>(
        `SELECT text FROM ${schema}.job WHERE state = ANY($1) AND ${alive} ORDER BY sequence DESC LIMIT $2`,
        [states, limit],
      );
      return found.map(({ text }) => fromText(text));
    },

    async recent(owner, most) {
      const whose = owner === null ? null : keyOf(owner);
      const [where, values] = whose === null ? ['true', []] : ['owner = $1', [whose]];
      const found = await rows<{ text: string }>(
        `SELECT text FROM ${schema}.job WHERE ${where} AND ${alive} ORDER BY sequence DESC LIMIT ${most}`,
        values,
      );
      const [row] = await rows<{ jobs: number }>(
        `SELECT count(*)::int AS jobs FROM ${schema}.job WHERE ${where}`,
        values,
      );
      return { found: found.map(({ text }) => fromText(text)), total: row!.jobs };
    },

    async count(state) {
      const [row] = await rows<{ jobs: number }>(
        `SELECT count(*)::int AS jobs FROM ${schema}.job WHERE state = $1 AND ${alive}`,
        [state],
      );
      return row!.jobs;
    },

    async spend(owner, perMinute) {
      // By the minute of the server's clock, which all gateways share.
      const [row] = await rows<{ used: number }>(
        `INSERT INTO ${schema}.rate AS rate VALUES ($1, floor(extract(epoch FROM now()) / 60), 1)
         ON CONFLICT (owner, minute) DO UPDATE SET used = rate.used + 1 RETURNING used`,
        [keyOf(owner)],
      );
      return row!.used <= perMinute;
    },

    async beat(beat) {
      await rows(
        `INSERT INTO ${schema}.prover VALUES ($1, $2, now())
         ON CONFLICT (name) DO UPDATE SET text = excluded.text, seen_at = excluded.seen_at`,
        [beat.name, JSON.stringify(beat)],
      );
    },

    async beats() {
      const found = await rows<{ text: string }>(
        `SELECT text FROM ${schema}.prover WHERE seen_at > ${IN(`-${BEAT_KEPT_MS}`)} ORDER BY name`,
      );
      return found.map(({ text }) => JSON.parse(text) as Beat);
    },

    async setAside(name, reason) {
      await rows(
        `INSERT INTO ${schema}.aside VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET reason = excluded.reason`,
        [name, reason],
      );
    },
    async aside() {
      const found = await rows<{ name: string; reason: string }>(`SELECT name, reason FROM ${schema}.aside`);
      return new Map(found.map(({ name, reason }) => [name, reason]));
    },
    async letBack(name) {
      await rows(`DELETE FROM ${schema}.aside WHERE name = $1`, [name]);
    },

    async identity(drawn) {
      await rows(`INSERT INTO ${schema}.identity VALUES (true, $1) ON CONFLICT DO NOTHING`, [drawn]);
      const [row] = await rows<{ id: string }>(`SELECT id FROM ${schema}.identity`);
      return row?.id ?? drawn;
    },

    // A full disk says so itself, and takes nothing back.
    isTight: async () => false,
    makeRoom: async () => [],

    async sweep() {
      await rows(`DELETE FROM ${schema}.job WHERE expires_at < now()`);
      await rows(`DELETE FROM ${schema}.input WHERE expires_at < now()`);
      await rows(`DELETE FROM ${schema}.rate WHERE minute < floor(extract(epoch FROM now()) / 60) - 1`);
      await rows(`DELETE FROM ${schema}.prover WHERE seen_at < ${IN(`-${BEAT_KEPT_MS}`)}`);
      // Asked again of the row itself: it may wait anew by then.
      const dropped = await rows<{ key: string }>(
        `DELETE FROM ${schema}.job WHERE expires_at IS NOT NULL AND key IN (
           SELECT key FROM (
             SELECT key, row_number() OVER newest AS jobs, sum(octet_length(text) + ${ENDED_BYTES}) OVER newest AS bytes
             FROM ${schema}.job WHERE expires_at IS NOT NULL
             WINDOW newest AS (PARTITION BY owner ORDER BY expires_at DESC, sequence DESC ROWS UNBOUNDED PRECEDING)
           ) AS ended WHERE jobs > $1 OR bytes > $2
         ) RETURNING key`,
        [kept.jobs, kept.bytes],
      );
      return dropped.map(({ key }) => key);
    },

    async close() {
      await pool.end();
    },
  };
}
