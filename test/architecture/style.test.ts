import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");

const topLevel = new Set(
  "package.json package-lock.json plugin service scenes assets lora test tsconfig.json README.md README.zh.md LICENSE".split(
    " ",
  ),
);
const textFile = /\.(ts|tsx|js|json|md|yaml|yml|py|txt|css|html|csv|jsonl|sh)$|^\.|^LICENSE$|^run$/;
const machinePath = /(?<![\w.~-])\/(home|Users|root|work|tmp|mnt|opt|var)\/[\w.-]+|\b[A-Z]:\\Users\\/;
const registryHost = /registry\.npmjs|deb\.debian|pypi\.org|files\.pythonhosted/;
const forbiddenWord = /(^|[-./])(utils?|helpers?|manager|common)([-./]|$)/;
const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.(ts|tsx|js)$/;

/** What git tracks or would track, as paths relative to the root; what a session ignores is nobody's concern. */
function projectFiles(): string[] {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], {
    cwd: root,
    encoding: "utf8",
  });
  return listed.split("\0").filter((path) => path !== "" && existsSync(join(root, path)));
}

function topLevelFaults(paths: readonly string[]): string[] {
  const entries = new Set(paths.map((path) => path.split("/")[0]!));
  return [...entries].filter((entry) => !entry.startsWith(".") && !topLevel.has(entry));
}

function nameFaults(paths: readonly string[]): string[] {
  const code = paths.filter((path) => /^(lora|service|plugin|test)\//.test(path) && /\.(ts|tsx|js)$/.test(path));
  return code.filter((path) => forbiddenWord.test(path) || !kebabCase.test(basename(path)));
}

function textFault(text: string): string | undefined {
  return machinePath.exec(text)?.[0] ?? registryHost.exec(text)?.[0];
}

describe("style", () => {
  const paths = projectFiles();

  it("the top level holds only what the layout names", () => {
    assert.deepEqual(topLevelFaults(paths), []);
  });

  it("code files are kebab-case and carry none of the forbidden names", () => {
    assert.deepEqual(nameFaults(paths), []);
  });

  it("no file names a path of somebody's machine or a registry host", () => {
    const faults: string[] = [];
    for (const path of paths) {
      const here = path === "test/architecture/style.test.ts" || path === "package-lock.json";
      if (here || !textFile.test(basename(path)) || statSync(join(root, path)).size > 1 << 20) continue;
      const fault = textFault(readFileSync(join(root, path), "utf8"));
      if (fault !== undefined) faults.push(`${path}: ${fault}`);
    }
    assert.deepEqual(faults, []);
  });

  it("each of these checks can fail", () => {
    assert.deepEqual(topLevelFaults([".npmrc", "lora/a.ts", "dist/a.js"]), ["dist"]);
    const wrong = [
      "lora/utils/a.ts",
      "lora/string-helpers.ts",
      "lora/camelCase.ts",
      "test/common.ts",
      "plugin/Panel.tsx",
    ];
    assert.deepEqual(nameFaults([...wrong, "lora/graph/op-table.ts", "test/graph/op-table.test.ts"]), wrong);
    assert.equal(textFault("see /home/ann/models"), "/home/ann");
    assert.equal(textFault("see models/home/ann, https://host/opt/x and ./tmp/x"), undefined);
    assert.equal(textFault("C:\\Users\\ann"), "C:\\Users\\");
  });
});
