/** Numbers as people read them. */
import type { Language } from "../../service/protocol/index.ts";

/** 75 → "1 min 15 s"; the two largest units. */
export function formatDuration(seconds: number, language: Language): string {
  if (!Number.isFinite(seconds) || seconds < 0) return "–";
  const units = language === "zh" ? [" 小时", " 分", " 秒"] : [" h", " min", " s"];
  const whole = Math.round(seconds);
  const amounts = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const first = amounts.findIndex((amount) => amount > 0);
  if (first < 0) return `0${units[2]}`;
  return amounts
    .map((amount, index) => `${amount}${units[index]}`)
    .slice(first, first + 2)
    .filter((part, index) => index === 0 || !part.startsWith("0"))
    .join(" ");
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const kilo = bytes / 1024;
  return kilo < 1024 ? `${Math.round(kilo)} KB` : `${(kilo / 1024).toFixed(kilo < 10 * 1024 ? 1 : 0)} MB`;
}

/** Four digits that count: 0.08312 → "0.0831", 1e-4 → "1e-4". */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (value !== 0 && Math.abs(value) < 1e-3) return value.toExponential().replace("e+", "e");
  return String(Number(value.toPrecision(3)));
}

export function formatLoss(value: number): string {
  return Number.isFinite(value) ? value.toFixed(4) : "–";
}

export function formatWhen(at: number, language: Language): string {
  if (at <= 0) return "";
  return new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", {
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
  }).format(at);
}
