import { posix, relative, sep } from "node:path";

/**
 * Which of our own areas an area may import. This table is the layering of the project; `.oxlintrc.json` loads it
 * as the rule `animula/import-arrows`. An area is `lora/<folder>`, `service/<folder>` or `plugin/<folder>`; a file that
 * lies directly in one of the three belongs to the area of that name.
 */
const beforeTrain = [
  "lora/format",
  "lora/graph",
  "lora/nn",
  "lora/adapter",
  "lora/models",
  "lora/runtime",
  "lora/data",
  "lora/diffusion",
];
const engine = [...beforeTrain, "lora/train", "lora/generate"];
const serviceParts = ["protocol", "access", "rooms", "jobs", "library", "store", "workers", "http"].map(
  (p) => `service/${p}`,
);

const mayImport: Record<string, readonly string[]> = {
  "lora/format": [],
  "lora/graph": ["lora/format"],
  "lora/nn": ["lora/graph", "lora/format"],
  "lora/adapter": ["lora/format", "lora/graph", "lora/nn"],
  "lora/models": ["lora/nn", "lora/graph", "lora/format", "lora/adapter"],
  "lora/runtime": ["lora/format", "lora/graph"],
  "lora/data": ["lora/format", "lora/graph", "lora/nn", "lora/runtime", "lora/models"],
  "lora/diffusion": ["lora/graph", "lora/format"],
  "lora/image": ["lora/format", "lora/graph", "lora/nn", "lora/runtime", "lora/models"],
  "lora/hub": ["lora/format"],
  "lora/train": beforeTrain,
  "lora/generate": beforeTrain,
  "lora/recipe": [...engine, "lora/image"],
  "lora/cli": [...engine, "lora/hub", "lora/image", "lora/recipe"],
  lora: [...engine, "lora/image"],
  "service/protocol": [],
  "service/*": [...serviceParts, "lora"],
  service: [...serviceParts, "lora"],
  "plugin/core": ["service/protocol"],
  "plugin/runtime": ["plugin/core", "service/protocol"],
  "plugin/panel": ["plugin/core", "service/protocol"],
  "plugin/hosts": ["plugin/core", "plugin/runtime", "plugin/panel", "service/protocol"],
};

/** Packages that only some areas may import: package-name pattern → areas. */
const packageOwners: readonly (readonly [pattern: RegExp, areas: readonly string[]])[] = [
  [/^onnxruntime-(node|common|web)$/, ["lora/runtime"]],
  [/^(@babylonjs\/.+|babylonjs.*)$/, ["plugin/runtime", "plugin/panel", "plugin/hosts"]],
  [/^(react|react-dom)$/, ["plugin/panel", "plugin/hosts"]],
];

const layered = new Set(["lora", "service", "plugin"]);

/** The area of a path relative to the project root, or undefined for files the arrows say nothing about. */
function areaOf(path: string): string | undefined {
  const [top, folder, ...rest] = path.split("/");
  if (top === "test") return "test";
  if (top === undefined || folder === undefined || !layered.has(top)) return undefined;
  return rest.length === 0 ? top : `${top}/${folder}`;
}

function allowedFrom(area: string): readonly string[] | undefined {
  return mayImport[area] ?? (area.startsWith("service/") ? mayImport["service/*"] : undefined);
}

function packageName(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

function packageFault(fromArea: string, specifier: string): string | undefined {
  const name = packageName(specifier);
  const owner = packageOwners.find(([pattern]) => pattern.test(name));
  if (owner === undefined || owner[1].includes(fromArea)) return undefined;
  return `${fromArea} may not import ${name}: only ${owner[1].join(", ")} may`;
}

/**
 * Why `from` (path relative to the root) may not import `specifier`, or undefined where it may.
 * Two rules: the arrow between the two areas must be in the table, and an arrow ends at the area's `index.ts`.
 */
export function importFault(from: string, specifier: string): string | undefined {
  const fromArea = areaOf(from);
  if (fromArea === undefined || fromArea === "test") return undefined; // tests look inside what they test
  if (!specifier.startsWith(".")) return packageFault(fromArea, specifier);

  const target = posix.join(posix.dirname(from), specifier);
  const targetArea = areaOf(target);
  if (targetArea === undefined || targetArea === fromArea) return undefined;

  const allowed = allowedFrom(fromArea);
  if (allowed === undefined) return `${fromArea} is not in the layout; add it to test/architecture/import-arrows.ts`;
  if (!allowed.includes(targetArea)) {
    return `${fromArea} may not import ${targetArea}: it may import ${allowed.join(", ") || "nothing of ours"}`;
  }
  if (target !== `${targetArea}/index.ts`) return `import ${targetArea} through ${targetArea}/index.ts, not ${target}`;
  return undefined;
}

type SourceNode = { source?: { value?: unknown } | null };
type RuleContext = {
  cwd: string;
  filename: string;
  report(problem: { message: string; node: SourceNode }): void;
};

const importArrows = {
  create(context: RuleContext) {
    const from = relative(context.cwd, context.filename).split(sep).join("/");
    const check = (node: SourceNode): void => {
      const specifier = node.source?.value;
      if (typeof specifier !== "string") return;
      const message = importFault(from, specifier);
      if (message !== undefined) context.report({ message, node });
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
      TSImportType: check,
    };
  },
};

// oxlint loads a plugin by its default export.
export default { meta: { name: "animula" }, rules: { "import-arrows": importArrows } };
