import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { tempDir } from "../support/temp-dir.ts";
import { animula, makePictures, writeConfig } from "./animula.ts";

const CLIP = resolve(import.meta.dirname, "../golden/clip/tiny");

async function pictures(): Promise<{ dir: string; output: string }> {
  const dir = tempDir();
  await makePictures(join(dir, "pictures"), 3);
  const output = join(dir, "pictures", "metadata.csv");
  writeFileSync(output, "");
  return { dir, output };
}

describe("animula auto-label", () => {
  it("captions a folder that animula train then learns from", async () => {
    const { dir, output } = await pictures();
    const place = ["--input", "pictures", "--clip", CLIP];
    // To a CLIP of random weights all pictures are of one person, and alike in all else.
    const label = ["auto-label", ...place, "--prefix", "zhangsan", "--tell", "all", "--threshold", "0.2"];
    const refused = await animula(label, { cwd: dir });
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /LABELS_EXIST/);
    const run = await animula([...label, "--overwrite"], { cwd: dir });
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stdout, /metadata\.csv: 3 captions\n$/);
    assert.match(readFileSync(output, "utf8"), /^file_name,text,confidence\n0\.png,"zhangsan, .*",0\.\d\d\n/);
    writeConfig(dir);
    const trained = await animula(["train", "--config", "run.yaml", "--json"], { cwd: dir });
    assert.equal(trained.code, 0, trained.stderr);
    const report = JSON.parse(trained.stdout.split("\n")[0]!) as { findings: { code: string }[] };
    assert.deepEqual(
      report.findings.filter(({ code }) => code.startsWith("CAPTION")),
      [],
    );
  }).timeout(120_000);

  it("tells a machine each caption, what was left out, and the end", async () => {
    const { dir } = await pictures();
    writeFileSync(join(dir, "pictures", "broken.png"), "not a picture");
    const args = ["--input", "pictures", "--clip", CLIP, "--output", "labels.csv", "--language", "zh", "--json"];
    const run = await animula(["auto-label", ...args], { cwd: dir });
    assert.equal(run.code, 0, run.stderr);
    const lines = run.stdout.trim().split("\n").map((text) => JSON.parse(text) as Record<string, unknown>); // prettier-ignore
    assert.deepEqual(lines.map(({ type }) => type), ["problem", "caption", "caption", "caption", "done"]); // prettier-ignore
    assert.match(String(lines[1]!["caption"]), /肖像|纹理/);
    assert.match(String(lines[0]!["message"]), /broken\.png: expected a picture/);
    assert.deepEqual(lines[4], { type: "done", output: "labels.csv", captions: 3, captioned: 0, problems: 1 });
  });

  it("says what is wrong with what was typed", async () => {
    const { dir } = await pictures();
    const cases: readonly [args: string[], expected: RegExp][] = [
      [["--clip", CLIP], /OPTION_MISSING/],
      [["--input", "nowhere", "--clip", CLIP], /DATASET_NOT_FOUND/],
      [["--input", "pictures", "--clip", "pictures"], /CLIP_NOT_FOUND[^]*without config\.json/],
      [["--input", "pictures", "--clip", CLIP, "--language", "fr"], /--language: expected en or zh, got "fr"/],
      [["--input", "pictures", "--clip", CLIP, "--threshold", "60"], /--threshold: expected a number from 0 to 1/],
    ];
    for (const [args, expected] of cases) {
      const run = await animula(["auto-label", ...args, "--output", "out.csv"], { cwd: dir });
      assert.equal(run.code, 2, run.stderr);
      assert.match(run.stderr, expected);
    }
    assert.equal(existsSync(join(dir, "out.csv")), false);
  });
});
