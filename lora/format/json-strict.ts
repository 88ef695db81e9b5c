/** What `JSON.parse` lets through and the safetensors format forbids. */
export type JsonFlaw = { readonly kind: "duplicate" | "number" | "depth"; readonly text: string };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const EXCERPT_CHARS = 24;

/** Index of the closing quote of the string that opens at `start`, or -1. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return at;
  }
  return -1;
}

/** The key a JSON string spells ("\u0061" is "a"), or undefined where it is no valid string. */
function decodeKey(quoted: string): string | undefined {
  if (!quoted.includes("\\")) return quoted.slice(1, -1);
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return undefined;
  }
}

function isExponent(text: string, at: number): boolean {
  const before = text.charCodeAt(at - 1);
  return (text.charCodeAt(at) | 0x20) === 0x65 && before >= 0x30 && before <= 0x39;
}

/**
 * Walks `text` and returns the first flaw: a key twice in one object, a number that is not a plain run of digits, or
 * nesting deeper than `depthMax` objects and arrays. Meant to run before `JSON.parse` (which needs seconds and gigabytes
 * for 100 MB of brackets), so it also passes over text that is no JSON. A loop, not a regular expression or a recursion:
 * a hostile header may hold 100 MB of backslashes.
 */
export function findJsonFlaw(text: string, depthMax: number): JsonFlaw | null {
  const open: Set<string>[] = [];
  let lastString = "";
  for (let at = 0; at < text.length; at++) {
    const flaw = (kind: JsonFlaw["kind"]): JsonFlaw => ({
      kind,
      text: text.slice(Math.max(0, at - EXCERPT_CHARS), at + EXCERPT_CHARS),
    });
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = endOfString(text, at);
        if (end < 0) return null;
        lastString = text.slice(at, end + 1);
        at = end;
        break;
      }
      case 0x3a /* : */: {
        const key = decodeKey(lastString);
        const keys = open.at(-1);
        if (key === undefined || keys === undefined) return null;
        if (keys.has(key)) return { kind: "duplicate", text: JSON.stringify(key) };
        keys.add(key);
        break;
      }
      case 0x7b /* { */:
      case 0x5b /* [ */:
        if (open.length === depthMax) return flaw("depth");
        open.push(new Set());
        break;
      case 0x7d /* } */:
      case 0x5d /* ] */:
        open.pop();
        break;
      case 0x2d /* - */:
      case 0x2e /* . */:
        return flaw("number");
      default:
        if (isExponent(text, at)) return flaw("number");
    }
  }
  return null;
}
