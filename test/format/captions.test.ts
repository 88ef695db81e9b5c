import assert from "node:assert/strict";
import fc from "fast-check";
import { formatErrors } from "../../lora/format/errors.ts";
import {
  AnimulaError,
  formatMetadataCsv,
  parseMetadataCsv,
  parseMetadataJsonl,
  parseSidecar,
  sidecarNames,
  type ParsedCaptions,
} from "../../lora/format/index.ts";

const reached = new Set<string>();
const CSV = "data/metadata.csv";
const JSONL = "data/metadata.jsonl";

function rowsOf(parsed: ParsedCaptions): [string, string, number][] {
  return parsed.rows.map(({ file, caption, line }) => [file, caption, line]);
}

/** Codes and lines of the problems, each message checked to begin with file:line. */
function problemsOf(path: string, { problems }: ParsedCaptions): [string, number, "skipped" | "note"][] {
  return problems.map(({ code, message, line, isRowSkipped }) => {
    assert.ok(message.startsWith(`${path}:${line}: expected `), message);
    reached.add(code);
    return [code, line, isRowSkipped ? "skipped" : "note"];
  });
}

function refuses(code: string, start: string, act: () => unknown): void {
  assert.throws(act, (error) => {
    assert.ok(error instanceof AnimulaError, String(error));
    assert.equal(error.code, code, error.message);
    assert.ok(error.message.startsWith(start), error.message);
    reached.add(code);
    return true;
  });
}

const seed =
  'img01.jpg,"a man with black hair, wearing glasses, smiling"\n' +
  'img02.jpg,"portrait of a Chinese man in suit, serious expression"\n';
const seedRows = [
  ["img01.jpg", "a man with black hair, wearing glasses, smiling", 1],
  ["img02.jpg", "portrait of a Chinese man in suit, serious expression", 2],
];

describe("parseMetadataCsv", () => {
  it("reads the seed's form without a header", () => {
    const parsed = parseMetadataCsv(CSV, seed);
    assert.deepEqual(rowsOf(parsed), seedRows);
    assert.deepEqual(parsed.problems, []);
  });

  it("reads it with a byte order mark, CRLF, CR, blank lines, spaces, and no last newline", () => {
    const blank = seed.replace("\n", "\n\n");
    const blankRows = [seedRows[0], [...seedRows[1]!.slice(0, 2), 3]];
    for (const [text, expected] of [
      [`\ufeff${seed}`, seedRows],
      [seed.replaceAll("\n", "\r\n"), seedRows],
      [seed.replaceAll("\n", "\r"), seedRows],
      [blank.replaceAll("\n", "\r\n"), blankRows],
      [blank, blankRows],
      [seed.replaceAll(',"', ' ,  "').trimEnd(), seedRows],
      [`${seed},\n,,\n  \n`, seedRows],
    ] as const) {
      for (const content of [text, Buffer.from(text)]) {
        const parsed = parseMetadataCsv(CSV, content);
        assert.deepEqual(rowsOf(parsed), expected, JSON.stringify(text));
        assert.deepEqual(parsed.problems, []);
      }
    }
  });

  it("reads doubled quotes, quotes inside an unquoted caption, Chinese, and captions over several lines", () => {
    const text = 'a.png,"a ""red"" hat"\nb.png,a 5" man\n图/张三.png,"张三,戴眼镜"\nc.png,"one\ntwo"\nd.png,last\n';
    assert.deepEqual(rowsOf(parseMetadataCsv(CSV, text)), [
      ["a.png", 'a "red" hat', 1],
      ["b.png", 'a 5" man', 2],
      ["图/张三.png", "张三,戴眼镜", 3],
      ["c.png", "one two", 4],
      ["d.png", "last", 6],
    ]);
  });

  for (const header of [
    "file_name,text",
    "text,file_name",
    "filename,caption",
    "image,prompt",
    "file,text",
    "Caption,FILE",
  ]) {
    it(`reads the header ${header}`, () => {
      const isReversed = /^(?:text|caption)/i.test(header);
      const parsed = parseMetadataCsv(CSV, `${header}\n${isReversed ? "a man,a.png" : "a.png,a man"}\n`);
      assert.deepEqual(rowsOf(parsed), [["a.png", "a man", 2]]);
      assert.deepEqual(parsed.problems, []);
    });
  }

  it("ignores other columns and says so", () => {
    const parsed = parseMetadataCsv(CSV, 'id,file_name,width,text\n1,a.png,512,"a man"\n');
    assert.deepEqual(rowsOf(parsed), [["a.png", "a man", 2]]);
    assert.deepEqual(problemsOf(CSV, parsed), [["CAPTION_COLUMNS_IGNORED", 1, "note"]]);
    assert.match(parsed.problems[0]!.message, /id, width/);
  });

  it("is not misled by a caption that is a column's name", () => {
    assert.deepEqual(rowsOf(parseMetadataCsv(CSV, "sign.png,text\n")), [["sign.png", "text", 1]]);
  });

  it("takes the whole rest of a line without quotes, and says so", () => {
    const parsed = parseMetadataCsv(CSV, "a.png,1girl, solo, smile\n");
    assert.deepEqual(rowsOf(parsed), [["a.png", "1girl, solo, smile", 1]]);
    assert.deepEqual(problemsOf(CSV, parsed), [["CAPTION_NOT_QUOTED", 1, "note"]]);
  });

  it("skips rows that cannot be used, each with file and line", () => {
    const text =
      "a.png,first\nb.png\nc.png,\n,orphan\nsub\\..\\a.png,again\n../d.png,out\n/e.png,out\nC:\\f.png,out\nfolder/,x\n";
    const parsed = parseMetadataCsv(CSV, text);
    assert.deepEqual(rowsOf(parsed), [["a.png", "first", 1]]);
    assert.deepEqual(problemsOf(CSV, parsed), [
      ["CAPTION_COLUMN_COUNT", 2, "skipped"],
      ["CAPTION_EMPTY", 3, "skipped"],
      ["CAPTION_FILE_MISSING", 4, "skipped"],
      ["CAPTION_FILE_REPEATED", 5, "skipped"],
      ["CAPTION_FILE_OUTSIDE", 6, "skipped"],
      ["CAPTION_FILE_OUTSIDE", 7, "skipped"],
      ["CAPTION_FILE_OUTSIDE", 8, "skipped"],
      ["CAPTION_FILE_MISSING", 9, "skipped"],
    ]);
    const header = parseMetadataCsv(CSV, "file,text\na.png,x,y\nb.png,ok\n");
    assert.deepEqual(problemsOf(CSV, header), [["CAPTION_COLUMN_COUNT", 2, "skipped"]]);
    assert.deepEqual(rowsOf(header), [["b.png", "ok", 3]]);
  });

  it("reads an empty file as no rows", () => {
    for (const text of ["", "\ufeff", "\n\n", "file_name,text\n"])
      assert.deepEqual(rowsOf(parseMetadataCsv(CSV, text)), []);
  });

  it("refuses a header that lacks a column, and names what it found", () => {
    refuses("CAPTIONS_COLUMN_MISSING", `${CSV}:1: expected a column named text or caption`, () =>
      parseMetadataCsv(CSV, "file_name,label\na.png,x\n"),
    );
    refuses("CAPTIONS_COLUMN_MISSING", `${CSV}:1: expected a column named file_name or`, () =>
      parseMetadataCsv(CSV, "id,text\n1,x\n"),
    );
  });

  it("refuses a quote that is never closed, at the line where it opens", () => {
    refuses("CAPTIONS_CSV_MALFORMED", `${CSV}:2: `, () => parseMetadataCsv(CSV, 'a.png,ok\nb.png,"open\nc.png,x\n'));
    refuses("CAPTIONS_CSV_MALFORMED", `${CSV}:2: `, () => parseMetadataCsv(CSV, 'a.png,ok\nb.png,"the" cat\n'));
    const endless = `a.png,ok\nb.png,"open${"\nc.png,x".repeat(50_000)}`;
    refuses("CAPTIONS_CSV_MALFORMED", `${CSV}:2: `, () => parseMetadataCsv(CSV, endless));
  });

  it("refuses another encoding, at its line: a Chinese spreadsheet saved as GBK", () => {
    const gbk = Buffer.concat([Buffer.from("a.png,ok\nb.png,"), Buffer.of(0xd5, 0xc5, 0xc8, 0xfd, 0x0a)]);
    refuses("CAPTIONS_NOT_UTF8", `${CSV}:2: `, () => parseMetadataCsv(CSV, gbk));
    refuses("CAPTIONS_NOT_UTF8", `${CSV}:1: `, () => parseMetadataCsv(CSV, Buffer.from("\ufeffa.png,x", "utf16le")));
  });

  it("refuses a file too large to be captions", () => {
    refuses("CAPTIONS_TOO_LARGE", CSV, () => parseMetadataCsv(CSV, Buffer.alloc(2 ** 28 + 1)));
  });
});

describe("formatMetadataCsv", () => {
  it("writes the seed's form", () => {
    assert.equal(formatMetadataCsv(parseMetadataCsv(CSV, seed).rows), seed);
  });

  it("is read back for any names and captions", () => {
    const name = fc
      .string({ unit: "grapheme", maxLength: 10 })
      .map((text) => `${text.replace(/[\\/\0\s]|^\.+/g, "_")}.png`);
    const caption = fc
      .string({
        unit: fc.oneof(
          fc.constantFrom('"', ",", "\n", " ", "'", ";", "\r", "\t"),
          fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
        ),
      })
      .map((text) => `x${text}`);
    const rows = fc.uniqueArray(fc.record({ file: name, caption }), { selector: ({ file }) => file });
    fc.assert(
      fc.property(rows, (written) => {
        const parsed = parseMetadataCsv(CSV, formatMetadataCsv(written));
        const expected = written.map(({ file, caption: text }) => [file, text.replace(/\s+/g, " ").trim()]);
        assert.deepEqual(
          rowsOf(parsed).map(([file, text]) => [file, text]),
          expected,
        );
        assert.deepEqual(parsed.problems, []);
      }),
    );
  });
});

describe("parseMetadataJsonl", () => {
  it("reads the keys that tools use, and leaves the others", () => {
    const text =
      '\ufeff{"file_name":"a.png","text":"a man","bbox":[1]}\r\n\r\n{"caption":"张三","image":"b.png"}\n{"file":"c.png","prompt":"x"}';
    const parsed = parseMetadataJsonl(JSONL, text);
    assert.deepEqual(rowsOf(parsed), [
      ["a.png", "a man", 1],
      ["b.png", "张三", 3],
      ["c.png", "x", 4],
    ]);
    assert.deepEqual(parsed.problems, []);
  });

  it("skips lines that cannot be used, each with file and line", () => {
    const parsed = parseMetadataJsonl(
      JSONL,
      '{"file_name":"a.png"\n[1]\nnull\n{"file_name":"b.png","text":5}\n{"text":"x"}\n',
    );
    assert.deepEqual(problemsOf(JSONL, parsed), [
      ["CAPTION_LINE_NOT_JSON", 1, "skipped"],
      ["CAPTION_LINE_NOT_JSON", 2, "skipped"],
      ["CAPTION_LINE_NOT_JSON", 3, "skipped"],
      ["CAPTION_EMPTY", 4, "skipped"],
      ["CAPTION_FILE_MISSING", 5, "skipped"],
    ]);
  });
});

describe("sidecars", () => {
  it("are looked for beside the image", () => {
    assert.deepEqual(sidecarNames("a.b/photo.1.png"), ["a.b/photo.1.caption", "a.b/photo.1.txt"]);
    assert.deepEqual(sidecarNames("a.b/photo"), ["a.b/photo.caption", "a.b/photo.txt"]);
  });

  it("hold one caption", () => {
    assert.deepEqual(rowsOf(parseSidecar("a.txt", "a.png", Buffer.from("\ufeff 1girl, 微笑\r\nsolo\r\n"))), [
      ["a.png", "1girl, 微笑 solo", 1],
    ]);
    assert.deepEqual(problemsOf("a.txt", parseSidecar("a.txt", "a.png", " \n")), [["CAPTION_EMPTY", 1, "skipped"]]);
  });
});

describe("any text", () => {
  it("gives rows, problems or an AnimulaError, never anything else", () => {
    const piece = fc.constantFrom(
      '"',
      ",",
      "\n",
      "\r",
      "a.png",
      "file",
      "text",
      " ",
      "\ufeff",
      "{",
      "}",
      ":",
      "\\",
      "..",
      "/",
      "x",
    );
    const text = fc.array(fc.oneof(piece, fc.string({ unit: "binary", maxLength: 2 })), { maxLength: 30 });
    fc.assert(
      fc.property(text, fc.boolean(), (pieces, isBytes) => {
        const content = isBytes ? Buffer.from(pieces.join(""), "latin1") : pieces.join("");
        for (const parseAny of [parseMetadataCsv, parseMetadataJsonl]) {
          try {
            for (const { file, caption } of parseAny("f", content).rows) assert.ok(file !== "" && caption !== "");
          } catch (error) {
            if (!(error instanceof AnimulaError)) throw error;
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("caption errors", () => {
  it("have a test each", () => {
    const codes = Object.keys(formatErrors).filter((code) => code.startsWith("CAPTION"));
    assert.deepEqual(
      codes.filter((code) => !reached.has(code)),
      [],
    );
  });
});
