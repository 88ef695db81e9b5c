import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { isLoopback, loadConfig } from "../../service/config.ts";
import { tempDir } from "../support/temp-dir.ts";

const good = "f81d4fae7dec11d0a76500a0c91e6bf6f81d4fae7dec11d0";
const refusal = (args: readonly string[], env: NodeJS.ProcessEnv): string => {
  try {
    loadConfig(args, env);
  } catch (error) {
    assert.equal((error as { code?: string }).code, "SETTING_INVALID");
    return (error as Error).message;
  }
  return assert.fail("was accepted");
};

describe("settings", () => {
  it("suit one person at one machine by default", () => {
    const ANIMULA_DATA = tempDir();
    const config = loadConfig([], { ANIMULA_DATA });
    assert.deepEqual(
      [config.port, config.host, config.dataDir, config.development, config.databaseUrl, config.origins],
      [2567, "127.0.0.1", ANIMULA_DATA, true, undefined, []],
    );
    assert.ok(statSync(config.baseModel).isDirectory());
    assert.match(config.voiceBase, /assets.base.mini-llama$/);
    assert.equal(config.isVoiceBaseNamed, false);
    assert.equal(config.voiceWeights, "float");
    assert.match(config.clip, /assets.base.mini-clip$/);
    assert.equal(config.log, join(ANIMULA_DATA, "service.log"));
  });

  it("are taken from flags before the environment", () => {
    const env = {
      ANIMULA_PORT: "1000",
      ANIMULA_DATA: tempDir(),
      ANIMULA_ORIGINS: "https://a.example/, https://b.example",
    };
    const voice = { ...env, ANIMULA_VOICE_BASE: "/models/smol" };
    const { voiceBase, isVoiceBaseNamed } = loadConfig([], voice);
    assert.deepEqual([voiceBase, isVoiceBaseNamed], [resolve("/models/smol"), true]);
    assert.equal(loadConfig(["--voice-base", "/models/qwen"], voice).voiceBase, resolve("/models/qwen"));
    assert.equal(loadConfig([], { ...env, ANIMULA_VOICE_WEIGHTS: "int8" }).voiceWeights, "int8");
    assert.equal(loadConfig(["--voice-weights", "int4"], env).voiceWeights, "int4");
    const { clip } = loadConfig([], { ...env, ANIMULA_CLIP: "/models/vit-b-32" });
    assert.equal(clip, resolve("/models/vit-b-32"));
    const config = loadConfig(["--port", "0", "--secret", good, "--log", "-"], env);
    assert.deepEqual([config.port, config.secret, config.log], [0, good, "-"]);
    assert.deepEqual(config.origins, ["https://a.example", "https://b.example"]);
  });

  it("that cannot be are named with what is expected", () => {
    const env = { ANIMULA_DATA: tempDir() };
    assert.match(refusal(["--port", "abc"], env), /--port \(ANIMULA_PORT\): expected a number, got "abc"/);
    assert.match(refusal([], { ...env, ANIMULA_PORT: "70000" }), /expected 0 to 65535, got "70000"/);
    assert.match(
      refusal([], { ...env, ANIMULA_VOICE_WEIGHTS: "int2" }),
      /--voice-weights \(ANIMULA_VOICE_WEIGHTS\): expected float, int8 or int4, got "int2"/,
    );
    assert.match(refusal(["--prot", "1"], env), /Unknown option '--prot'; there are --port, --host/);
  });

  it("make a secret at the first start in development, for the owner's eyes only, and keep it", () => {
    const env = { ANIMULA_DATA: tempDir() };
    const { secret } = loadConfig([], env);
    assert.match(secret, /^[0-9a-f]{64}$/);
    assert.equal(loadConfig([], env).secret, secret);
    const path = join(env.ANIMULA_DATA, "secret");
    assert.equal(readFileSync(path, "utf8"), secret);
    if (process.platform !== "win32") assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.notEqual(loadConfig([], { ANIMULA_DATA: tempDir() }).secret, secret);
    writeFileSync(path, "");
    assert.match(refusal([], env), /damaged; delete this file/);
  });

  it("R1 refuse to start without a secret where others can reach the service", () => {
    const ANIMULA_DATA = tempDir();
    for (const env of [{ NODE_ENV: "production" }, { ANIMULA_HOST: "0.0.0.0" }, { ANIMULA_PROXIES: "1" }]) {
      assert.match(refusal([], { ANIMULA_DATA, ...env }), /ANIMULA_SECRET: needed .* openssl rand -hex 32/);
      const config = loadConfig([], { ANIMULA_DATA, ANIMULA_SECRET: good, ...env });
      assert.deepEqual([config.secret, config.development], [good, false]);
    }
  });

  it("refuse a secret that is short or well known, everywhere", () => {
    const bad = [
      "short",
      "a".repeat(64),
      "change-me-change-me-change-me-change-me",
      "animula-default-secret-animula-default-secret",
      "12345678901234567890123456789012",
      good.slice(0, 31),
    ];
    for (const ANIMULA_SECRET of bad) {
      for (const NODE_ENV of ["production", "development"]) {
        assert.match(refusal([], { ANIMULA_DATA: tempDir(), NODE_ENV, ANIMULA_SECRET }), /too easy to guess/);
      }
    }
  });

  it("know the names of this machine", () => {
    for (const host of ["localhost", "127.0.0.1", "127.8.8.8", "::1"]) assert.equal(isLoopback(host), true, host);
    for (const host of ["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.evil.example"])
      assert.equal(isLoopback(host), false, host);
  });
});
