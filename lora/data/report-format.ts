import type { Finding, Report } from "./report.ts";
import { findingTexts, type Language, type Severity } from "./report-texts.ts";

/** Files listed under one heading; the rest is counted. */
const LISTED_MAX = 12;

const severityWords: Record<Language, Record<Severity, string>> = {
  en: { error: "ERROR", warning: "WARNING", advice: "ADVICE" },
  zh: { error: "错误", warning: "警告", advice: "建议" },
};

const phrases: Record<
  Language,
  { summary(dir: string, samples: number): string; fine: string; more(count: number): string; arrow: string }
> = {
  en: {
    summary: (dir, samples) => `${dir}: ${samples} ${samples === 1 ? "picture" : "pictures"}`,
    fine: "nothing to improve",
    more: (count) => `… and ${count} more`,
    arrow: "→",
  },
  zh: {
    summary: (dir, samples) => `${dir}：${samples} 张图片`,
    fine: "没有需要改进的地方",
    more: (count) => `……另有 ${count} 项`,
    arrow: "→",
  },
};

/** The report as plain text for a terminal: one block for each kind of finding, worst first, with its advice once. */
export function formatReport(report: Report): string {
  const { dir, lang, samples, findings } = report;
  const counts = (["error", "warning", "advice"] as const)
    .map((severity) => [severity, findings.filter((f) => f.severity === severity).length] as const)
    .filter(([, count]) => count > 0)
    .map(([severity, count]) => `${severityWords[lang][severity].toLowerCase()} ${count}`);
  const summary = `${phrases[lang].summary(dir, samples)} (${counts.join(", ") || phrases[lang].fine})`;
  const kinds = Map.groupBy(findings, ({ code }) => code);
  return [summary, ...[...kinds.values()].map((all) => formatKind(all, lang))].join("\n\n") + "\n";
}

function formatKind(findings: readonly Finding[], lang: Language): string {
  const { code, severity, advice } = findings[0]!;
  const listed = findings.slice(0, LISTED_MAX);
  const column = Math.max(...listed.map(({ file }) => displayWidth(file ?? "")));
  const lines = listed.map(({ file = "", message }) =>
    `  ${file}${" ".repeat(column - displayWidth(file))}${column > 0 ? "  " : ""}${message}`.trimEnd(),
  );
  if (findings.length > listed.length) lines.push(`  ${phrases[lang].more(findings.length - listed.length)}`);
  const heading = `${severityWords[lang][severity]}  ${findingTexts[code][lang].title} (${findings.length})`;
  return [heading, ...lines, `  ${phrases[lang].arrow} ${advice}`].join("\n");
}

/** Terminal columns: East Asian characters take two. */
function displayWidth(text: string): number {
  let width = 0;
  for (const character of text.normalize("NFC")) {
    width += /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff01-\uff60]/u.test(
      character,
    )
      ? 2
      : 1;
  }
  return width;
}
