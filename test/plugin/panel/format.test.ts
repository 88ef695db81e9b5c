import assert from "node:assert/strict";
import { formatBytes, formatDuration, formatLoss, formatNumber } from "../../../plugin/panel/format.ts";

describe("panel: numbers", () => {
  it("durations have the two largest units", () => {
    assert.equal(formatDuration(75, "en"), "1 min 15 s");
    assert.equal(formatDuration(59.6, "en"), "1 min");
    assert.equal(formatDuration(7325, "en"), "2 h 2 min");
    assert.equal(formatDuration(3600, "zh"), "1 小时");
    assert.equal(formatDuration(0.2, "en"), "0 s");
    assert.equal(formatDuration(Number.POSITIVE_INFINITY, "en"), "–");
  });

  it("other numbers are short", () => {
    assert.equal(formatBytes(900), "900 B");
    assert.equal(formatBytes(3_400_000), "3.2 MB");
    assert.equal(formatNumber(0.083124), "0.0831");
    assert.equal(formatNumber(1e-4), "1e-4");
    assert.equal(formatNumber(12.345), "12.3");
    assert.equal(formatLoss(0.1), "0.1000");
    assert.equal(formatLoss(Number.NaN), "–");
  });
});
