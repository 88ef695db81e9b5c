/** What a person does with many captions at once, and captions that came along with the pictures. */

/** Puts `prefix` in front of a caption that does not begin with it. */
export function withPrefix(caption: string, prefix: string): string {
  const start = prefix.trim().replace(/,+$/, "").trim();
  const rest = caption.trim();
  if (start === "") return rest;
  if (rest === "") return start;
  const begins = rest.toLowerCase().startsWith(start.toLowerCase()) && !/^[\p{L}\p{N}]/u.test(rest.slice(start.length));
  return begins ? rest : `${start}, ${rest}`;
}

/** Takes it away again. */
export function withoutPrefix(caption: string, prefix: string): string {
  const start = prefix.trim().replace(/,+$/, "").trim();
  const rest = caption.trim();
  if (start === "" || withPrefix(rest, start) !== rest || rest === "") return rest;
  return rest.slice(start.length).replace(/^[\s,]+/, "");
}

/** "img01.png" → "img01": captions belong to a picture by name without folder and ending. */
export const stem = (path: string): string => {
  const name = path.slice(path.replaceAll("\\", "/").lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(0, dot) : name;
};

/** Rows of comma separated values: quoted fields may hold commas, quotes ("") and line ends. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n][^,\r\n]*|))(,|\r?\n|\r|$)/gy;
  const source = text.replace(/^\uFEFF/, "");
  while (field.lastIndex < source.length) {
    const match = field.exec(source);
    if (match === null) break; // a quote that never closes: the rows before it still count
    row.push(match[1] === undefined ? match[2]!.trim() : match[1].replaceAll('""', '"'));
    if (match[3] === ",") continue;
    if (row.some((each) => each !== "")) rows.push(row);
    row = [];
  }
  return rows;
}

/** Captions of a `metadata.csv`, with or without header, or a `metadata.jsonl`: picture stem → caption. */
export function parseMetadata(name: string, text: string): Map<string, string> {
  const captions = new Map<string, string>();
  const add = (file: unknown, caption: unknown): void => {
    if (typeof file === "string" && typeof caption === "string" && caption.trim() !== "") {
      captions.set(stem(file), caption.trim());
    }
  };
  if (/\.jsonl$/i.test(name)) {
    for (const line of text.split("\n")) {
      const row = parseLine(line);
      add(row["file_name"] ?? row["file"] ?? row["image"], row["text"] ?? row["caption"] ?? row["prompt"]);
    }
    return captions;
  }
  for (const [file, caption] of parseCsv(text)) {
    if (!/^(file_?name|file|image|path)$/i.test(file ?? "")) add(file, caption);
  }
  return captions;
}

function parseLine(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {}; // a broken line costs that line only; its picture shows an empty caption
  }
}
