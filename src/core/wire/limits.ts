// What one message may cost whoever parses it. Both sides hold every message against these before it is
// parsed, so that a hostile peer costs a scan of its bytes and nothing more.
import { GnomonError } from '../errors.ts';

export interface TextLimits {
  /** UTF-8 bytes of the whole text. */
  maxBytes: number;
  /** Deepest nesting of arrays and objects. */
  maxDepth: number;
  /** Values and fields in all: memory grows with these more than with bytes. */
  maxValues: number;
}

/** Larger inputs travel as binary frames (frames.ts). */
export const CLIENT_TEXT_LIMITS: TextLimits = { maxBytes: 256 * 1024, maxDepth: 16, maxValues: 20_000 };
/** A result is a proof and its public signals; a welcome lists circuits. */
export const SERVER_TEXT_LIMITS: TextLimits = { maxBytes: 1024 * 1024, maxDepth: 8, maxValues: 50_000 };
/** An input that came in frames; as deep and as many as the witness calculation takes. */
export const INPUT_LIMITS: TextLimits = { maxBytes: 256 * 1024 * 1024, maxDepth: 17, maxValues: 8_000_000 };

/** Parses JSON within limits. Throws `protocol.too-large`, `.too-deep`, `.too-many` or `.json`; messages name
 * no content. */
export function parseBoundedJson(text: string, limits: TextLimits): unknown {
  if (text.length > limits.maxBytes || utf8Bytes(text) > limits.maxBytes) {
    throw refused('too-large', `The message has more than ${limits.maxBytes} bytes.`);
  }
  checkNesting(text, limits);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The parser's own message quotes what it was given, which may be an input.
    throw refused('json', 'The message is not JSON.');
  }
}

/** Counts outside of strings. On text that is not JSON the counts mean nothing, and JSON.parse refuses it. */
function checkNesting(text: string, { maxDepth, maxValues }: TextLimits): void {
  let depth = 0;
  let values = 1;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === BACKSLASH) at++;
      else if (code === QUOTE) inString = false;
      continue;
    }
    if (code === QUOTE) inString = true;
    else if (code === OPEN_ARRAY || code === OPEN_OBJECT) {
      depth++;
      values++;
      if (depth > maxDepth)
        throw refused('too-deep', `The message is nested more than ${maxDepth} levels deep.`);
    } else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) depth--;
    else if (code === COMMA) values++;
    if (values > maxValues) throw refused('too-many', `The message holds more than ${maxValues} values.`);
  }
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Length in UTF-8 without encoding it. */
export function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x80) continue;
    // A surrogate pair is two units and four bytes: each half adds one.
    const half = code >= 0xd800 && code <= 0xdfff;
    bytes += code < 0x800 || half ? 1 : 2;
  }
  return bytes;
}

const NEXT_STEPS = {
  'too-large': 'Send large inputs as binary frames, or take a smaller circuit.',
  'too-deep': 'Check that both programs speak the same version.',
  'too-many': 'Send large inputs as binary frames, or take a smaller circuit.',
  json: 'Check that both programs speak the same version.',
};

function refused(what: keyof typeof NEXT_STEPS, message: string): GnomonError {
  return new GnomonError(`protocol.${what}`, message, { nextStep: NEXT_STEPS[what] });
}
