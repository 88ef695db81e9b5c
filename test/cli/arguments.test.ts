import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ArgsDef } from "citty";
import { checkArguments, numberOption } from "../../lora/cli/command-line.ts";
import { AnimulaError } from "../../lora/format/index.ts";
import { tempDir } from "../support/temp-dir.ts";
import { animula, makePictures } from "./animula.ts";

const options = {
  dir: { type: "positional", description: "a folder", required: true },
  prompt: { type: "string", description: "what to draw", required: true },
  lang: { type: "enum", options: ["en", "zh"] },
  json: { type: "boolean" },
} satisfies ArgsDef;

const check = (...args: string[]) => checkArguments("test", options, args);
const fails = (code: string, message: RegExp) => (error: unknown) =>
  error instanceof AnimulaError && error.code === code && message.test(error.message);

describe("checkArguments", () => {
  it("takes what is defined, in any order and both spellings", () => {
    check("folder", "--prompt", "a cat", "--lang=zh", "--json");
    check("--json", "--prompt=--odd", "folder");
    check("folder", "--prompt", "-4");
  });

  it("suggests the option that was meant", () => {
    assert.throws(() => check("folder", "--promt", "a"), fails("OPTION_UNKNOWN", /did you mean --prompt\?/));
    assert.throws(() => check("folder", "--prompt", "a", "-x"), fails("OPTION_UNKNOWN", /-x; see animula test --help/));
  });

  it("asks for what is missing", () => {
    assert.throws(() => check("--prompt", "a"), fails("OPTION_MISSING", /expected DIR \(a folder\), got nothing/));
    assert.throws(() => check("folder"), fails("OPTION_MISSING", /expected --prompt/));
    assert.throws(() => check("folder", "--prompt"), fails("OPTION_VALUE_MISSING", /got nothing/));
    assert.throws(() => check("folder", "--prompt", "--json"), fails("OPTION_VALUE_MISSING", /got --json/));
  });

  it("refuses what nobody reads", () => {
    assert.throws(
      () => check("folder", "my.yaml", "--prompt", "a"),
      fails("ARGUMENT_UNEXPECTED", /write --config my\.yaml/),
    );
    assert.throws(() => check("folder", "cat", "--prompt", "a"), fails("ARGUMENT_UNEXPECTED", /quotes/));
    assert.throws(
      () => check("folder", "--prompt", "a", "--lang", "fr"),
      fails("ARGUMENT_INVALID", /expected en or zh, got "fr"/),
    );
  });
});

describe("numberOption", () => {
  const steps = { least: 1, most: 999, example: 20 };
  it("takes numbers in range, and nothing", () => {
    assert.equal(numberOption("steps", "20", steps), 20);
    assert.equal(numberOption("steps", undefined, steps), undefined);
    assert.equal(numberOption("guidance", "7.5", { ...steps, isWhole: false }), 7.5);
  });
  for (const text of ["0", "1000", "-1", "2.5", "abc", "", " ", "NaN", "Infinity", "1e99"])
    it(`refuses "${text}"`, () => {
      assert.throws(
        () => numberOption("steps", text, steps),
        fails("ARGUMENT_INVALID", /^--steps: expected a whole number from 1 to 999/),
      );
    });
});

describe("animula", () => {
  it("prints its version and, without a command, how it is used", async () => {
    const [version, usage] = await Promise.all([animula(["--version"]), animula([])]);
    const { version: expected } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8")) as {
      version: string;
    };
    assert.deepEqual(version, { code: 0, stdout: `${expected}\n`, stderr: "" });
    assert.equal(usage.code, 0);
    for (const command of ["train", "generate", "check", "demo"])
      assert.match(usage.stdout, new RegExp(`^ *${command} `, "m"));
  });

  for (const command of ["train", "generate", "check", "demo"])
    it(`${command} --help lists its options, without colours in a file`, async () => {
      const { code, stdout, stderr } = await animula([command, "--help"]);
      assert.deepEqual([code, stderr], [0, ""]);
      assert.match(stdout, new RegExp(`USAGE animula ${command}`));
      assert.ok(!stdout.includes("\u001B"));
    });

  it("suggests the command that was meant", async () => {
    const { code, stderr } = await animula(["trian"]);
    assert.equal(code, 2);
    assert.match(stderr, /COMMAND_UNKNOWN\n.*got "trian"; did you mean "train"\?/);
  });

  it("train without --config says what it needs", async () => {
    const { code, stdout, stderr } = await animula(["train"]);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /OPTION_MISSING\n.*--config FILE/);
  });

  it("train --help-config lists the keys of a configuration", async () => {
    const { code, stdout } = await animula(["train", "--help-config"]);
    assert.equal(code, 0);
    assert.match(stdout, /^lora_rank\n.*\n.*default: 8\n.*network_dim/m);
  });

  it("check speaks Chinese, and --strict makes warnings count", async () => {
    const dir = tempDir();
    await makePictures(join(dir, "pictures"));
    const { code, stdout } = await animula(["check", "pictures", "--lang", "zh", "--strict"], { cwd: dir });
    assert.equal(code, 1);
    assert.match(stdout, /警告 {2}图片太少/);
    const json = await animula(["check", "pictures", "--json"], { cwd: dir });
    assert.equal(json.code, 0);
    assert.equal((JSON.parse(json.stdout) as { samples: number }).samples, 4);
  });
});
