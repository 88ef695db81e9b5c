import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const read = (name: string) => readFileSync(join(import.meta.dirname, "../..", name), "utf8");
/** What a translation keeps: the order of headings and of code blocks with their languages. */
const outline = (markdown: string) => markdown.match(/^(#+ |```\w+$)/gm);

describe("README.zh.md", () => {
  it("has the sections and code blocks of README.md, in their order", () => {
    assert.deepEqual(outline(read("README.zh.md")), outline(read("README.md")));
  });
});
